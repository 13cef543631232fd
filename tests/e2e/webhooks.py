#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Webhooks: made, told, signed, shown; what is told of chains and what is not."""
import json, os, re, subprocess, time
import lab
from lab import break_in, need, sign_in, until
from receivers import Receiver, nobody, says

CONF = """[webhooks]
allow = 127.0.0.0/8
ports = 1-65535
https_only = no
timeout = 2s
retries = 1s
give_up = 3s
"""
THRESHOLD = ["chain.threshold"]


def hook(admin, r, **more):
    body = {"url": r.url, "events": THRESHOLD, "min_confidence": "MIXED"}
    body.update(more)
    return admin.post("/webhooks", body).want(201).json()


def pair(l):
    t = l.tenant()
    return t, l.key(t, "admin")


def as_declared(message, schema):
    faults = list(lab.CONTRACT.faults({"$ref": "#/components/schemas/" + schema}, message.json()))
    need(not faults, "not as openapi.json says:", faults)


def deliveries(admin, h, query=""):
    return admin.get(f"/webhooks/{h['webhook_id']}/deliveries{query}").want(200).json()["deliveries"]


def a_webhook_is_made_changed_and_deleted_and_its_secret_shown_once(l):
    t, admin = pair(l)
    h = admin.post("/webhooks", {"url": "https://hooks.harbour.example/x?y=1", "events": ["investigation.completed", "chain.threshold"],
                   "min_confidence": "PROVABLE", "min_score": 62.5, "description": "pager"}).want(201).json()
    path, secret = f"/webhooks/{h['webhook_id']}", h.pop("secret")
    need(re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret), secret)
    need(admin.get(path).want(200).json() == h, "another webhook")
    need(admin.get("/webhooks").want(200).json()["webhooks"] == [h], "list")
    need(secret.encode() not in admin.get(path).body + admin.get("/webhooks").body, "the secret is shown again")
    changed = admin.request("PATCH", path, {"min_score": 0, "enabled": False, "events": THRESHOLD}).want(200).json()
    need(changed == dict(h, min_score=0, enabled=False, events=THRESHOLD), changed)
    admin.request("DELETE", path).want(204)
    admin.get(path).problem(404)
    admin.request("DELETE", path).problem(404)
    audit = l.key(t, "admin").get("/admin/audit?what=webhook").want(200).json()
    need([x["what"] for x in audit["lines"]][::-1] == ["webhook.add", "webhook.change", "webhook.delete"], audit)


def a_wrong_body_is_refused_with_its_place(l):
    _, admin = pair(l)
    good = {"url": "https://hooks.harbour.example/", "events": THRESHOLD}
    for place, bad in (("/url", {"url": "http://10.0.0.1/"}), ("/url", {"url": "https://169.254.169.254/"}), ("/url", {"url": 5}), ("/url", {"url": ""}),
                       ("/url", {"url": "https://hooks.harbour.example/" + "x" * 2048}), ("/url", {"url": "ftp://hooks.harbour.example/"}),
                       ("/events", {"events": []}), ("/events", {"events": "chain.threshold"}), ("/events/1", {"events": THRESHOLD + ["chain.lost"]}),
                       ("/min_confidence", {"min_confidence": "SURE"}), ("/min_confidence", {"min_confidence": ""}), ("/min_score", {"min_score": 101}),
                       ("/min_score", {"min_score": "5"}), ("/enabled", {"enabled": 1}), ("/description", {"description": "x" * 257})):
        p = admin.post("/webhooks", {**good, **bad}).problem(422)
        need([e["pointer"] for e in p["errors"]] == [place], bad, p)
    admin.post("/webhooks", {"events": THRESHOLD}).problem(422)
    admin.post("/webhooks", {"url": good["url"]}).problem(422)
    for _ in range(20):
        admin.post("/webhooks", good).want(201)
    admin.post("/webhooks", good).problem(422)


def another_tenant_sees_nothing_and_a_lesser_key_may_not(l):
    (t, admin), (_, other) = pair(l), pair(l)
    r = Receiver()
    h = hook(admin, r)
    path = f"/webhooks/{h['webhook_id']}"
    d = admin.post(path + "/test").want(200).json()
    for method, p in (("GET", path), ("PATCH", path), ("DELETE", path), ("POST", path + "/rotate"), ("POST", path + "/test"), ("GET", path + "/deliveries"),
                      ("GET", f"{path}/deliveries/{d['delivery_id']}"), ("POST", f"{path}/deliveries/{d['delivery_id']}/redeliver"), ("GET", "/webhooks")):
        if p != "/webhooks":
            other.request(method, p).problem(404)
            other.request(method, p + f"?tenant={t.name}").problem(404)
        t.request(method, p).problem(403)
        l.anyone().request(method, p).problem(401)
    need(other.get("/webhooks").want(200).json()["webhooks"] == [], "another's webhooks")
    operator = l.key(t, "operator")
    need(operator.get(f"/webhooks?tenant={t.name}").want(200).json()["webhooks"], "an operator sees none")
    second = hook(admin, r)
    admin.get(f"/webhooks/{second['webhook_id']}/deliveries/{d['delivery_id']}").problem(404)
    r.stop()


def a_retried_post_makes_one_webhook_and_hides_the_secret(l):
    _, admin = pair(l)
    body, key = {"url": "https://hooks.harbour.example/", "events": THRESHOLD}, {"Idempotency-Key": "k1"}
    one = admin.post("/webhooks", body, headers=key).want(201)
    two = admin.post("/webhooks", body, headers=key).want(201)
    need(two.headers["idempotency-replayed"] == "true" and two.json()["secret_already_shown"], two.body)
    need(one.json()["webhook_id"] == two.json()["webhook_id"] and one.json()["secret"].encode() not in two.body, two.body)
    admin.post("/webhooks", dict(body, min_score=1), headers=key).problem(422)
    bad = {"Idempotency-Key": "k2"}
    admin.post("/webhooks", {}, headers=bad).problem(422)
    need(admin.post("/webhooks", {}, headers=bad).problem(422) and len(admin.get("/webhooks").json()["webhooks"]) == 1, "made twice")


def a_chain_is_told_once_signed_and_in_full(l):
    t, admin = pair(l)
    r = Receiver()
    h = hook(admin, r)
    begin = time.time()
    t.send(break_in(1, "told"))
    need(until(r.messages, 5), "not told", deliveries(admin, h))
    m = r.messages()[0]
    need(m.path == "/hook" and m.headers["content-type"] == "application/json", m.path, m.headers)
    need(m.signed_by(h["secret"]) == 1 and m.signed_by("whsec_" + "A" * 44) == 0, m.headers)
    need(abs(int(m.headers["webhook-timestamp"]) - begin) < 10, m.headers)
    chain, body = t.chains()[0], m.json()
    data = body["data"]
    as_declared(m, "ThresholdMessage")
    need(body["type"] == "chain.threshold" and data["because"] == "reached" and data["confidence_before"] is None, body)
    for name in ("chain_id", "confidence", "score", "title", "first_seen", "last_seen", "mitre_techniques", "mitre_tactics", "seeds_proven_to_root", "provable_share"):
        need(data[name] == chain[name], name, data[name], chain[name])
    need(t.get(data["path"].removeprefix("/api/v1")).want(200), data["path"])
    shown = until(lambda: [d for d in deliveries(admin, h) if d["status"] == "delivered"], 3)
    need(shown and shown[0]["delivery_id"] == m.headers["webhook-id"] and shown[0]["attempts"] == 1 and shown[0]["last_status"] == 204, shown)
    whole = admin.get(f"/webhooks/{h['webhook_id']}/deliveries/{shown[0]['delivery_id']}").want(200).json()
    need(whole["body"].encode() == m.body, "what is shown is not what was sent")
    # more of the same chain, no better proven: not told again
    more = [dict(e, id=e["id"] + "-again") for e in break_in(1, "told")[-1:]]
    more[0]["raw"] = dict(more[0]["raw"], GrantedAccess="0x1010")
    t.send(more)
    t.send(break_in(2, "told"))
    need(until(lambda: len(r.messages()) >= 2, 5), "the next chain is not told")
    time.sleep(0.5)
    told = [x.json()["data"]["chain_id"] for x in r.messages()]
    need(len(told) == 2 and len(set(told)) == 2, told)
    need(admin.get(f"/webhooks/{h['webhook_id']}").json()["last_success_at"], "no success")
    r.stop()


def what_is_below_the_minimum_or_history_is_not_told(l):
    t, admin = pair(l)
    r, high, off = Receiver(), Receiver(), Receiver()
    hook(admin, r)
    hook(admin, high, min_score=100, min_confidence="PROVABLE")
    hook(admin, off, events=["investigation.completed"])
    t.post("/events?backfill=1", {"events": break_in(1, "history")}).want(200)
    t.send([sign_in(i) for i in range(20)])
    time.sleep(0.7)
    need(not r.messages(), "history is told", [m.body for m in r.messages()])
    # the first live change of a chain that history brought is told
    more = dict(break_in(1, "history")[-1], id="live-1")
    more["raw"] = dict(more["raw"], GrantedAccess="0x1438", UtcTime=more["raw"]["UtcTime"][:-4] + ".999")
    t.send([more])
    t.send(break_in(2, "live"))
    need(until(lambda: len(r.messages()) == 2, 5), "live changes are not told", [m.body for m in r.messages()])
    need(len({m.json()["data"]["chain_id"] for m in r.messages()}) == 2, "chains")
    time.sleep(0.3)
    need(not high.messages() and not off.messages(), "told below the minimum", high.ids(), off.ids())
    for x in (r, high, off):
        x.stop()


def a_finished_investigation_is_told_once(l):
    t, admin = pair(l)
    r, high = Receiver(), Receiver()
    h = hook(admin, r, events=["investigation.completed"])
    hook(admin, high, events=["investigation.completed"], min_score=100)
    t.send(break_in(1, "asked"))
    chain = t.chains()[0]
    for _ in range(2):
        t.post("/ai/investigate", {"chain_id": chain["chain_id"]}).want(200)
    need(until(r.messages, 5), "not told", deliveries(admin, h))
    time.sleep(0.5)
    body = r.messages()[0].json()
    as_declared(r.messages()[0], "InvestigationMessage")
    need(body["type"] == "investigation.completed" and body["data"]["chain_id"] == chain["chain_id"], body)
    need(len(r.messages()) == 1 and r.messages()[0].signed_by(h["secret"]) == 1, r.ids())
    need(not high.messages(), "told below the minimum", [m.body for m in high.messages()])
    r.stop()
    high.stop()


def a_rotated_secret_signs_beside_the_old_one(l):
    _, admin = pair(l)
    r = Receiver()
    h = hook(admin, r)
    path = f"/webhooks/{h['webhook_id']}"
    send = lambda n: (admin.post(path + "/test").want(200), until(lambda: len(r.messages()) >= n, 5))[1] and r.messages()[n - 1]
    new = admin.post(path + "/rotate", {"overlap": "1h"}).want(200).json()
    need(new["secret"] != h["secret"] and new["old_secret_until"], new)
    m = send(1)
    need(m.signed_by(h["secret"]) == m.signed_by(new["secret"]) == 1, m.headers)
    as_declared(m, "TestMessage")
    newer = admin.post(path + "/rotate", {"overlap": "0s"}).want(200).json()
    m = send(2)
    need(m.signed_by(newer["secret"]) == 1 and len(m.headers["webhook-signature"].split()) == 1 and newer["old_secret_until"] is None, m.headers)
    admin.post(path + "/rotate", {"overlap": "8d"}).problem(422)
    r.stop()


def a_dead_letter_is_kept_and_delivered_again_by_hand_under_its_id(l):
    _, admin = pair(l)
    url = nobody()
    h = admin.post("/webhooks", {"url": url, "events": THRESHOLD}).want(201).json()
    path = f"/webhooks/{h['webhook_id']}"
    d = admin.post(path + "/test").want(200).json()
    dead = until(lambda: deliveries(admin, h, "?status=dead"), 15, 0.1)
    need(dead and dead[0]["delivery_id"] == d["delivery_id"] and dead[0]["attempts"] >= 3, deliveries(admin, h))
    need(dead[0]["last_status"] is None and "refused" in dead[0]["last_error"] or "connect" in dead[0]["last_error"], dead)
    r = Receiver()
    admin.request("PATCH", path, {"url": r.url}).want(200)
    again = admin.post(f"{path}/deliveries/{d['delivery_id']}/redeliver").want(200).json()
    need(again["status"] == "waiting", again)
    need(until(r.messages, 5) and r.ids() == [d["delivery_id"]], r.ids())
    need(r.messages()[0].signed_by(h["secret"]) == 1 and r.messages()[0].body.decode() == d["body"], "other bytes")
    need(until(lambda: deliveries(admin, h, "?status=delivered"), 5), deliveries(admin, h))
    admin.post(f"{path}/deliveries/{d['delivery_id']}/redeliver").want(200)     # also what was delivered
    need(until(lambda: r.ids() == [d["delivery_id"]] * 2, 5), r.ids())
    r.stop()


def switched_off_it_hears_nothing_and_on_again_only_the_present(l):
    t, admin = pair(l)
    r = Receiver()
    h = hook(admin, r)
    path = f"/webhooks/{h['webhook_id']}"
    admin.request("PATCH", path, {"enabled": False}).want(200)
    admin.post(path + "/test").problem(422)
    t.send(break_in(1, "off"))
    time.sleep(0.6)
    admin.request("PATCH", path, {"enabled": True}).want(200)
    time.sleep(0.3)
    t.send(break_in(2, "off"))
    need(until(r.messages, 5), "not told")
    time.sleep(0.5)
    need(len(r.messages()) == 1 and r.messages()[0].json()["data"]["chain_id"] in {c["chain_id"] for c in t.chains()}, r.ids())
    r.stop()


def the_tool_says_and_does_the_same(l):
    t, admin = pair(l)
    of = ["--tenant", t.name]
    made = l.tool("webhook", "add", "https://hooks.harbour.example/", "--min-confidence", "MIXED", "--min-score", "12.5", "--description", "by tool", *of)
    secret = made.pop("secret")
    need(admin.get(f"/webhooks/{made['webhook_id']}").want(200).json() == made, made)
    need(l.tool("webhook", "list", *of)["webhooks"] == admin.get("/webhooks").json()["webhooks"] == [made], "lists differ")
    need(l.tool("webhook", "rotate", made["webhook_id"], *of)["secret"] != secret, "the same secret")
    for bad in (["add", "https://10.0.0.1/"], ["add", "https://x.example/", "--min-score", "many"], ["add", "https://x.example/", "--event", "none"],
                ["deliveries", "wh_none"], ["deliveries", made["webhook_id"], "--status", "lost"], ["redeliver", made["webhook_id"], "msg_none"], ["list", "x"]):
        r = subprocess.run([os.path.join(lab.BUILD, "tra-ce"), "--data", l.data, "webhook", *bad, *of], capture_output=True, text=True)
        need(r.returncode in (1, 2) and r.stderr and not r.stdout, bad, r)
    l.tool("webhook", "remove", made["webhook_id"], *of)
    need(l.tool("webhook", "list", *of)["webhooks"] == [], "not removed")
    r = Receiver(says(410, 204))
    h = hook(admin, r)
    d = admin.post(f"/webhooks/{h['webhook_id']}/test").want(200).json()["delivery_id"]
    dead = until(lambda: l.tool("webhook", "deliveries", h["webhook_id"], "--status", "dead", *of)["deliveries"], 5)
    need(dead and dead == deliveries(admin, h) and dead[0]["delivery_id"] == d, dead)
    admin.request("PATCH", f"/webhooks/{h['webhook_id']}", {"enabled": True}).want(200)
    need([x["status"] for x in l.tool("webhook", "redeliver", h["webhook_id"], "dead", *of)["deliveries"]] == ["waiting"], "redeliver")
    need(until(lambda: r.ids() == [d, d], 5), r.ids())
    r.stop()


def the_tool_sends_where_no_responder_does(l):
    t, admin = pair(l)
    r = Receiver()
    hook(admin, r)
    l.stop()
    conf = os.path.join(l.data, "tra-ce.conf")
    send = [os.path.join(lab.BUILD, "tra-ce"), "--data", l.data, "webhook", "send", "--for", "6s"]
    events = os.path.join(l.data, "events.ndjson")
    with open(events, "w") as f:
        f.write("".join(json.dumps(e) + "\n" for e in break_in(1, "cron")))
    both = [subprocess.Popen(send, env=dict(os.environ, TRACE_CONFIG=conf)) for _ in range(2)]
    try:
        l.tool("import", "--source", "auto", "--tenant", t.name, events)
        need(until(r.messages, 6), "not sent")
        need([p.wait(20) for p in both] == [0, 0] and len(r.messages()) == 1, r.ids())
    finally:
        l.start()
    time.sleep(0.5)
    need(len(r.messages()) == 1, "sent again", r.ids())
    r.stop()


def deliveries_are_listed_in_pages(l):
    _, admin = pair(l)
    r = Receiver(says(200))
    h = hook(admin, r)
    path = f"/webhooks/{h['webhook_id']}"
    sent = [admin.post(path + "/test").want(200).json()["delivery_id"] for _ in range(5)]
    need(until(lambda: len(r.messages()) == 5, 8) and r.ids() == sent, "not in order", r.ids(), sent)
    seen, query = [], "?limit=2"
    while query:
        page = admin.get(path + "/deliveries" + query).want(200).json()
        seen += [d["delivery_id"] for d in page["deliveries"]]
        query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"
    need(seen == sent[::-1], seen, sent)
    admin.get(path + "/deliveries?status=lost").problem(422)
    admin.get(path + "/deliveries?cursor=x").problem(422)
    r.stop()


if __name__ == "__main__":
    lab.main(a_webhook_is_made_changed_and_deleted_and_its_secret_shown_once, a_wrong_body_is_refused_with_its_place,
             another_tenant_sees_nothing_and_a_lesser_key_may_not, a_retried_post_makes_one_webhook_and_hides_the_secret,
             a_chain_is_told_once_signed_and_in_full, what_is_below_the_minimum_or_history_is_not_told,
             a_finished_investigation_is_told_once, a_rotated_secret_signs_beside_the_old_one, a_dead_letter_is_kept_and_delivered_again_by_hand_under_its_id,
             switched_off_it_hears_nothing_and_on_again_only_the_present, the_tool_says_and_does_the_same,
             the_tool_sends_where_no_responder_does, deliveries_are_listed_in_pages, conf=CONF)
