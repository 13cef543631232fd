#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""openapi.json is whole, served, and true: every operation of it is called here,
and every answer of every test is held against it (lab.Client)."""
import json
import lab
from lab import break_in, need, sign_in

REFUSALS = [("GET", "/events?limit=x", 422), ("GET", "/events/evt_none", 404), ("POST", "/events", 400),
            ("POST", "/causal/analyze", 400), ("GET", "/causal/edges?min_confidence=SURE", 422),
            ("GET", "/causal/entities", 422), ("GET", "/causal/entities/host/ent_none", 404),
            ("GET", "/causal/live?since=x", 422), ("GET", "/chains?min_confidence=SURE", 422),
            ("GET", "/chains/ch-none", 404), ("GET", "/chains/ch-none/history", 404),
            ("PATCH", "/chains/ch-none", 404), ("POST", "/chains/ch-none/disposition", 404),
            ("POST", "/chains/ch-none/unlink", 404), ("GET", "/no/such", 404)]


def the_document_is_sound(l):
    faults = list(lab.CONTRACT.document_faults())
    need(not faults, faults)


def the_document_served_is_the_one_in_the_tree(l):
    a = l.anyone().get("/openapi.json").want(200)
    need(a.json() == lab.CONTRACT.doc, "another document")


def a_fault_would_be_seen(l):
    check, headers = lab.CONTRACT.check, {h.lower(): "1" for h in lab.CONTRACT.doc["components"]["headers"]}
    headers["content-type"] = "application/json"
    good = {"limit": 1, "remaining": 1, "reset": 1, "window_s": 60}
    say = lambda v, h=headers, status=200: check("GET", "/rate_limit", status, h, json.dumps(v).encode())
    need(not say(good), say(good))
    for bad in (dict(good, extra=1), {"limit": 1}, dict(good, limit="1"), dict(good, limit=True), []):
        need(say(bad), "not seen:", bad)
    need(say(good, dict(headers, **{"content-type": "text/html"})) and say(good, status=418), "type, status")
    need(say(good, {k: v for k, v in headers.items() if k != "ratelimit"}), "header")
    need(check("GET", "/nothing", 200, headers, b"{}"), "path")


def every_operation_answers_as_it_says(l):
    c = l.tenant()
    ids = c.send(break_in(1, "true") + break_in(2, "true") + [sign_in(1, entities=[{"kind": "user", "id": "u1"}],
                 session="s1", severity=7, host="pier.yard.example", outcome="failure", labels=["x"])])
    chain = c.chains(event_ids=ids[:5])[0]
    path, edge = f"/chains/{chain['chain_id']}", chain["edges"][-1]
    for i in ids:
        event = c.get(f"/events/{i}").want(200).json()
        for e in event["entities"]:
            c.get(f"/causal/entities/{e['kind']}/{e['key']}").want(200)
    name = event["entities"][0]["name"]
    found = c.get(f"/causal/entities?q={name[:4]}&limit=5").want(200).json()["entities"]
    need(found, "no entity begins with", name[:4])
    for q in ("", "?limit=1", "?technique=T1003.001", "?since=2020-01-01T00:00:00Z&until=2030-01-01T00:00:00Z"):
        c.get("/events" + q).want(200)
        c.get("/chains" + q).want(200)
    need(c.get("/causal/edges").want(200).lines(), "no edges")
    c.post("/causal/analyze", {"include": ["raw", "folded"], "limit": 1}).want(200)
    c.post("/ai/triage", {"alerts": [{"alert_id": "a", "event_id": ids[0]}, {"alert_id": "c", "chain_id": chain["chain_id"]}]}).want(200)
    for audience in ("analyst", "executive"):
        told = c.post("/ai/investigate", {"chain_id": chain["chain_id"], "audience": audience}).want(200).json()
    c.get("/investigations").want(200)
    c.get(f"/investigations/{told['investigation_id']}").want(200)
    c.get(path).want(200)
    c.get(path + "?version=1").want(200)
    c.request("PATCH", path, {"status": "in_progress", "assignee": "kim", "ticket": "T-1", "note": "look"}).want(200)
    need([x["chain_id"] for x in c.get("/chains?assignee=kim&status=in_progress").want(200).json()["chains"]]
         == [chain["chain_id"]], "not found by its assignee")
    c.post(path + "/disposition", {"disposition": "true_positive", "note": "yes"}).want(200)
    c.post(path + "/disposition", {"disposition": "maybe"}).problem(422)
    c.post(path + "/unlink", {"from": edge["from"], "to": edge["to"]}).want(200)
    need(not any((e["from"], e["to"]) == (edge["from"], edge["to"]) for x in c.chains() for e in x["edges"]), "still linked")
    h = c.get(path + "/history").want(200).json()
    need({n["what"] for n in h["notes"]} >= {"status", "assignee", "ticket", "note", "disposition"}, h["notes"])
    for p in ("/coverage", "/rate_limit", "/health"):
        c.get(p).want(200)
    s = c.stream().opened()
    s.close()
    lab.CONTRACT.seen.add(("GET", "/causal/live", 200))


def every_operation_of_the_panel_answers_as_it_says(l):
    op = l.person("true operator")
    op.get("/metrics").want(200)
    op.get("/admin/session").want(200)
    op.get("/admin/administrators").want(200)
    token = op.post("/admin/administrators", {}).want(201).json()["token"]
    op.post("/admin/claim", {"token": token, "name": "short-lived", "password": op.PASSWORD}).want(201)
    op.request("DELETE", "/admin/administrators/short-lived").want(204)
    op.post("/admin/tenants", {"name": "truth"}).want(201)
    op.get("/admin/tenants").want(200)
    op.get("/admin/tenants/truth").want(200)
    op.request("PATCH", "/admin/tenants/truth", {"plan": "enterprise"}).want(200)
    key = op.post("/admin/keys?tenant=truth", {"name": "k", "scopes": ["admin"]}).want(201).json()["key_id"]
    op.get("/admin/keys?tenant=truth").want(200)
    op.get(f"/admin/keys/{key}").want(200)
    op.post(f"/admin/keys/{key}/rotate").want(201)
    op.request("DELETE", f"/admin/keys/{key}").want(204)
    op.request("PUT", "/admin/owners?tenant=truth", {"owners": "* all"}).want(200)
    op.post("/admin/owners/preview?tenant=truth", {"owners": "* all"}).want(200)
    op.post("/admin/suppressions/preview?tenant=truth", {"match": {"host": "pier-9"}}).want(200)
    quiet = op.post("/admin/suppressions?tenant=truth", {"name": "n", "reason": "r", "match": {"host": "pier-9"}}).want(201).json()["suppression_id"]
    op.get(f"/admin/suppressions/{quiet}?tenant=truth").want(200)
    op.request("PATCH", f"/admin/suppressions/{quiet}?tenant=truth", {"enabled": False}).want(200)
    op.request("DELETE", f"/admin/suppressions/{quiet}?tenant=truth").want(204)
    rule = "title: t\nid: own\nlogsource: {product: any}\ndetection: {a: {action: x}, condition: a}\n"
    op.post("/admin/packs?tenant=truth", {"name": "own", "files": [{"file": "a.yml", "yaml": rule}, {"file": "b.yml", "yaml": "["}]}).want(201)
    op.get("/admin/packs/own?tenant=truth").want(200)
    op.request("PATCH", "/admin/rules?tenant=truth", {"disable": ["own"]}).want(200)
    op.request("PATCH", "/admin/packs/own?tenant=truth", {"enabled": False}).want(200)
    op.request("DELETE", "/admin/packs/own?tenant=truth").want(204)
    for path in ("usage", "owners", "rules", "packs", "audit", "suppressions"):
        op.get(f"/admin/{path}?tenant=truth").want(200)
    op.get("/admin/audit/verify").want(200)
    op.request("PATCH", "/admin/session", {"password": op.PASSWORD, "new_password": "new " + op.PASSWORD}).want(204)
    op.request("DELETE", "/admin/session").want(204)


def every_operation_of_webhooks_answers_as_it_says(l):
    admin = l.key(l.tenant(), "admin")
    h = admin.post("/webhooks", {"url": "https://192.0.2.1.example/", "events": ["chain.threshold"]}).want(201)
    path = f"/webhooks/{h.json()['webhook_id']}"
    need(h.headers["location"] == "/api/v1" + path, h.headers)
    admin.get("/webhooks").want(200)
    admin.get(path).want(200)
    admin.request("PATCH", path, {"min_score": 1}).want(200)
    admin.post(path + "/rotate", {}).want(200)
    d = path + "/deliveries/" + admin.post(path + "/test").want(200).json()["delivery_id"]
    admin.get(path + "/deliveries").want(200)
    admin.get(d).want(200)
    admin.post(d + "/redeliver").want(200)
    admin.request("DELETE", path).want(204)
    for method, p in (("GET", path), ("PATCH", path), ("DELETE", path), ("POST", path + "/rotate"), ("POST", path + "/test"), ("GET", path + "/deliveries"),
                      ("GET", d), ("POST", d + "/redeliver"), ("GET", "/webhooks?tenant=nobody")):
        admin.request(method, p).problem(404)


def every_operation_for_other_senders_answers_as_it_says(l):
    c = l.tenant().on("")
    for path in ("", "/event", "/event/1.0", "/raw", "/raw/1.0"):
        c.post("/services/collector" + path, b'{"event":"x","time":1700000000}').want(200)
    c.post("/services/collector/ack", {"acks": [1]}).want(200)
    for path in ("/health", "/health/1.0"):
        c.get("/services/collector" + path).want(200)
    c.post("/services/collector/event", b"{").want(400)
    c.on("/v1").post("/logs", {"resourceLogs": []}).want(200)


def every_refusal_is_a_listed_problem(l):
    c = l.tenant()
    for method, path, status in REFUSALS:
        body = (b"{" if status == 400 else b"{}") if method != "GET" else None
        c.request(method, path, body, headers={"Content-Type": "application/json"}).problem(status)


def no_operation_was_left_out(l):
    want = {(m.upper(), p) for p, item in lab.CONTRACT.doc["paths"].items() for m in item}
    missed = want - {(m, p) for m, p, status in lab.CONTRACT.seen if 200 <= status < 300}
    need(not missed, "never answered well:", sorted(missed))


if __name__ == "__main__":
    lab.main(the_document_is_sound, the_document_served_is_the_one_in_the_tree, a_fault_would_be_seen,
             every_operation_answers_as_it_says, every_operation_of_the_panel_answers_as_it_says,
             every_operation_of_webhooks_answers_as_it_says, every_operation_for_other_senders_answers_as_it_says,
             every_refusal_is_a_listed_problem, no_operation_was_left_out)
