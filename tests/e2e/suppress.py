#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Suppression: what a rule covers comes last and is marked; nothing else about it
changes, and what it must not hide it does not."""
import json, random, subprocess, time
import lab
from lab import break_in, need, sign_in, until
from receivers import Receiver

CONF = """[webhooks]
allow = 127.0.0.0/8
ports = 1-65535
https_only = no
timeout = 2s
retries = 1s
give_up = 3s
"""
RULES = "/admin/suppressions"


def pair(l, name=None):
    t = l.tenant(name)
    return t, l.key(t, "admin", "analyze", "ai", "read")


def rule(admin, match, status=201, **over):
    body = {"name": "known noise", "reason": "seen in review", "match": match}
    body.update(over)
    return admin.post(RULES, body).want(status).json()


def host_of(events):
    return events[0]["raw"]["Hostname"]


def story(c, n, salt):
    events = break_in(n, salt)
    ids = c.send(events)
    return events, ids, c.chains(event_ids=ids)[0]


def triage(c, *asked):
    a = c.post("/ai/triage", {"alerts": [dict(x, alert_id=str(i)) for i, x in enumerate(asked)]}).want(200).json()
    need(len(a["alerts"]) == len(asked), a)
    for x, y in zip(a["alerts"], a["alerts"][1:]):
        need(x["points"] >= y["points"] and x["severity"] >= y["severity"] and 0 <= y["rank"] - x["rank"] <= 1, x, y)
    for x in a["alerts"]:
        need(abs(sum(f["points"] for f in x["factors"]) - x["points"]) < 1e-6, "factors do not add up", x)
    return {x["alert_id"]: x for x in a["alerts"]}


def put_by(x):
    """Names of the rules in the mark of a chain or an alert."""
    return [r["name"] for r in x["suppressed"]["rules"]] if x["suppressed"] else []


# ------------------------------------------------------------------ the rules

def a_rule_is_made_changed_and_removed_and_each_is_in_the_audit_log(l):
    t, admin = pair(l)
    made = rule(admin, {"host": "scanner-*.yard.example", "technique": "T1046"}, expires_in="7d")
    path = f"{RULES}/{made['suppression_id']}"
    need(made["state"] == "active" and made["hits"] == 0 and made["last_hit_at"] is None, made)
    need(admin.get(path).want(200).json() == made, "another rule")
    need(admin.get(RULES).want(200).json()["suppressions"] == [made], "list")
    off = admin.request("PATCH", path, {"enabled": False, "reason": "no more"}).want(200).json()
    need(off == dict(made, enabled=False, state="disabled", reason="no more"), off)
    admin.request("PATCH", path, {"match": {"host": "another"}}).problem(422)
    for bad in ({"expires_in": "366d"}, {"expires_in": "0s"}, {"reason": ""}, {"enabled": 1}, {"name": "x" * 129}, {"name": "a\nb"}):
        admin.request("PATCH", path, bad).problem(422)
    need(admin.get(path).want(200).json() == off, "a refused change has changed it")
    admin.request("DELETE", path).want(204)
    for method in ("GET", "DELETE"):
        admin.request(method, path).problem(404)
    lines = admin.get("/admin/audit?what=suppression").want(200).json()["lines"]
    need([x["what"] for x in lines] == ["suppression.remove", "suppression.change", "suppression.add"], lines)
    need(all(made["suppression_id"] in x["detail"] and "scanner-*.yard.example" in x["detail"] for x in lines), lines)


def a_rule_without_bounds_is_refused(l):
    t, admin = pair(l)
    good = {"name": "n", "reason": "r", "match": {"host": "a-host"}}
    for match in ({}, {"host": "*"}, {"host": "**?*"}, {"host": "ab*"}, {"source": "windows"}, {"event_type": "process_create"},
                  {"source": "windows", "event_type": "4688", "host": "*"}, {"entity": "user:*"}, {"entity": "ip:1*"},
                  {"technique": "T*"}, {"technique": "T1*"}, {"technique": "persistence"}, {"rule": ""}, {"rule": 5}, {"severity": "low"},
                  {"host": "a-host", "hots": "b"}, {"host": "a\x01host"}, {"host": "x" * 513}, [], "host", None):
        d = admin.post(RULES, dict(good, match=match)).problem(422)
        need(all(e["pointer"].startswith("/match") for e in d["errors"]), match, d)
        admin.post(RULES + "/preview", {"match": match}).problem(422)
    for lacks in ("name", "reason", "match"):
        admin.post(RULES, {k: v for k, v in good.items() if k != lacks}).problem(422)
    for bad in ({"reason": "  "}, {"expires_in": "400d"}, {"expires_in": -1}, {"expires_in": "never"}):
        admin.post(RULES, dict(good, **bad)).problem(422)
    need(admin.get(RULES).want(200).json()["suppressions"] == [], "something was made")
    need(time.time() + 29 * 86400 < time.mktime(time.strptime(rule(admin, good["match"])["expires_at"][:19], "%Y-%m-%dT%H:%M:%S"))
         < time.time() + 31 * 86400, "no expiry by default")


def there_is_an_end_to_how_many(l):
    t, admin = pair(l)
    for i in range(200):
        rule(admin, {"host": f"host-{i}"})
    rule(admin, {"host": "one-more"}, status=422)
    ids = [s["suppression_id"] for s in admin.get(RULES).want(200).json()["suppressions"]]
    need(len(ids) == 200, len(ids))
    admin.request("DELETE", f"{RULES}/{ids[0]}").want(204)
    rule(admin, {"host": "one-more"})


def a_retry_makes_one_rule(l):
    t, admin = pair(l)
    body = {"name": "n", "reason": "r", "match": {"host": "a-host"}}
    a, b = (admin.post(RULES, body, headers={"Idempotency-Key": "once"}).want(201) for _ in range(2))
    need(a.body == b.body and len(admin.get(RULES).want(200).json()["suppressions"]) == 1, a.body, b.body)


# ------------------------------------------------------------------ what they do

def a_covered_chain_is_marked_and_last_and_otherwise_the_same(l):
    t, admin = pair(l)
    events, ids, chain = story(t, 1, "covered")
    _, other_ids, other = story(t, 2, "covered")
    free = triage(t, {"chain_id": chain["chain_id"]}, {"chain_id": other["chain_id"]}, {"event_id": ids[4]})
    made = rule(admin, {"host": host_of(events)}, name="build host", confirm=True)
    now = t.chains(event_ids=ids)[0]
    need(put_by(now) == ["build host"] and now["suppressed"]["rules"][0]["suppression_id"] == made["suppression_id"], now["suppressed"])
    need({k: v for k, v in now.items() if k != "suppressed"} == {k: v for k, v in chain.items() if k != "suppressed"}, "more has changed")
    need(t.get(f"/chains/{chain['chain_id']}").want(200).json()["suppressed"] == now["suppressed"], "one chain")
    need(t.chains(event_ids=other_ids)[0] == other, "the other chain has changed")
    for query, want in (("", {chain["chain_id"], other["chain_id"]}), ("?suppressed=true", {chain["chain_id"]}),
                        ("?suppressed=false", {other["chain_id"]}), ("?suppressed=true&brief=1", {chain["chain_id"]})):
        found = {c["chain_id"]: c for c in t.get("/chains" + query).want(200).json()["chains"]}
        need(set(found) == want, query, found.keys())
        need(all(bool(c["suppressed"]) == (k == chain["chain_id"]) for k, c in found.items()), query)
    t.get("/chains?suppressed=yes").problem(422)
    hidden = triage(t, {"chain_id": chain["chain_id"]}, {"chain_id": other["chain_id"]}, {"event_id": ids[4]}, {**sign_in(1), "id": "x"})
    for k in ("0", "2"):
        factors = {f["name"]: f for f in hidden[k]["factors"]}
        need("build host" in factors["suppressed"]["because"], factors)
        need(hidden[k]["rank"] > max(hidden["1"]["rank"], hidden["3"]["rank"]), "not last", hidden)
        need(abs(hidden[k]["points"] - factors["suppressed"]["points"] - free[k]["points"]) < 1e-6, "the rest weighs otherwise", hidden[k], free[k])
        need(put_by(hidden[k]) == ["build host"], hidden[k])
    need({k: v for k, v in hidden["1"].items() if k not in ("rank",)} == {k: v for k, v in free["1"].items() if k not in ("rank",)}, "the other alert")
    admin.request("PATCH", f"{RULES}/{made['suppression_id']}", {"enabled": False}).want(200)
    need(t.chains(event_ids=ids)[0] == chain, "switched off, it is not as before")


def one_sign_that_is_not_covered_keeps_its_whole_chain_up(l):
    t, admin = pair(l)
    events, ids, chain = story(t, 1, "one sign")
    rule(admin, {"host": host_of(events), "technique": "T1105"}, name="fetches", confirm=True)
    now = t.chains(event_ids=ids)[0]
    need(now["suppressed"] is None, now["suppressed"])
    a = triage(t, {"event_id": ids[2]}, {"chain_id": chain["chain_id"]})
    need(not any(x["suppressed"] for x in a.values()), "an alert of a story that is not covered went last", a)


def a_noisy_rule_does_not_hide_the_grave_one_beside_it(l):
    """certutil's download is a sign by more than one technique or rule: to cover one of them is not enough."""
    t, admin = pair(l)
    events, ids, chain = story(t, 1, "beside")
    rules = sorted({x["rule"] for x in t.get(f"/events/{ids[2]}").want(200).json()["tags"] if x["rule"]})
    need(rules, "no rule finds the download")
    rule(admin, {"rule": rules[0]}, name="noisy", confirm=True)
    a = triage(t, {"event_id": ids[2]})
    need(a["0"]["suppressed"] is None, "one detection of several was covered, and the alert went last", a)


def what_an_analyst_called_true_is_never_hidden(l):
    t, admin = pair(l)
    events, ids, chain = story(t, 1, "true")
    t2 = l.key(t, "analyze", "read")
    t2.post(f"/chains/{chain['chain_id']}/disposition", {"disposition": "true_positive"}).want(200)
    match = {"host": host_of(events)}
    p = admin.post(RULES + "/preview", {"match": match}).want(200).json()
    need(p["true_positive_chains"] == 1 and p["true_positive_alerts"] >= 2 and p["chains"] == 0 and "true positive" in p["warning"], p)
    need(any(e["true_positive"] and e["chain_id"] == chain["chain_id"] for e in p["examples"]), p)
    need(p["example_chains"][0]["disposition"] == "true_positive", p)
    d = admin.post(RULES, {"name": "n", "reason": "r", "match": match}).problem(409)
    need("true positive" in d["detail"] and "confirm" in d["detail"], d)
    need(admin.get(RULES).want(200).json()["suppressions"] == [], "it was made all the same")
    rule(admin, match, confirm=True)
    need(t.chains(event_ids=ids)[0]["suppressed"] is None, "a true positive is hidden")
    t2.post(f"/chains/{chain['chain_id']}/disposition", {"disposition": "benign"}).want(200)
    need(put_by(t.chains(event_ids=ids)[0]) == ["known noise"], "nothing is hidden now")


def a_preview_says_what_would_be_hidden_and_changes_nothing(l):
    t, admin = pair(l)
    told = [story(t, n, "preview") for n in range(6)]
    events, ids, chain = told[2]
    before = t.get("/chains").want(200).body
    p = admin.post(RULES + "/preview", {"match": {"host": host_of(events)}}).want(200).json()
    need(p["chains"] == 1 and p["warning"] is None and not p["truncated"] and p["already_suppressed"] == 0, p)
    need(2 <= p["alerts"] < p["alerts_looked_at"], p)
    need({e["event_id"] for e in p["examples"]} <= set(ids) and len(p["examples"]) == min(20, p["alerts"]), p)
    need([c["chain_id"] for c in p["example_chains"]] == [chain["chain_id"]] and p["chains_by_confidence"][chain["confidence"]] == 1, p)
    need(t.get("/chains").want(200).body == before, "a preview has changed something")
    made = rule(admin, {"host": host_of(events)})
    again = admin.post(RULES + "/preview", {"match": {"host": host_of(events)}}).want(200).json()
    need(again["alerts"] == 0 and again["already_suppressed"] == p["alerts"], again)
    wide = admin.post(RULES + "/preview", {"match": {"host": "desk-*"}}).want(200).json()
    need(wide["chains"] == 5 and wide["alerts"] == wide["alerts_looked_at"] - p["alerts"], wide)
    admin.post(RULES + "/preview", {"match": {"host": "desk-*"}, "days": 0}).problem(422)
    need(made["hits"] == 0, made)


def a_rule_over_half_of_everything_wants_a_second_word(l):
    t, admin = pair(l)
    for n in range(12):
        t.send(break_in(n, "half"))
    d = admin.post(RULES, {"name": "n", "reason": "r", "match": {"host": "desk-*"}}).problem(409)
    need("more than half" in d["detail"], d)
    rule(admin, {"host": "desk-*"}, confirm=True)


def hits_count_what_came_while_it_held(l):
    t, admin = pair(l)
    events, ids, _ = story(t, 1, "hits")
    made = rule(admin, {"host": host_of(events)}, confirm=True)
    path = f"{RULES}/{made['suppression_id']}"
    need(admin.get(path).want(200).json()["hits"] == 0, "what was there before counts")
    more = [dict(sign_in(n), host=host_of(events), labels=["alert"]) for n in range(4)]
    t.send(more[:3])
    now = admin.get(path).want(200).json()
    need(now["hits"] == 3 and now["last_hit_at"], now)
    t.send(more[:3])
    need(admin.get(path).want(200).json()["hits"] == 3, "a retry counts")
    admin.request("PATCH", path, {"enabled": False}).want(200)
    t.send(more[3:])
    admin.request("PATCH", path, {"enabled": True}).want(200)
    need(admin.get(path).want(200).json()["hits"] == 3, "what came while it was off counts")


def an_expired_rule_hides_nothing(l):
    t, admin = pair(l)
    events, ids, _ = story(t, 1, "expired")
    made = rule(admin, {"host": host_of(events)}, confirm=True, expires_in="2s")
    need(t.chains(event_ids=ids)[0]["suppressed"], "it does not hold")
    need(until(lambda: t.chains(event_ids=ids)[0]["suppressed"] is None, 5, 0.1), "it outlives its time")
    need(admin.get(f"{RULES}/{made['suppression_id']}").want(200).json()["state"] == "expired", "state")


def the_order_of_arrival_means_nothing(l):
    marks, all_of = [], [e for n in range(5) for e in break_in(n, "order")]
    hosts = [host_of(break_in(n, "order")) for n in range(5)]
    for seed in range(3):
        events = all_of[:]
        random.Random(seed).shuffle(events)
        t, admin = pair(l)
        rule(admin, {"host": hosts[1]}, name="one")
        rule(admin, {"source": "win*", "host": hosts[2]}, name="two")
        rule(admin, {"host": hosts[3], "technique": "T1105"}, name="three")
        for i in range(0, len(events), 7):
            t.send(events[i:i + 7])
        marks.append(sorted((c["title"], round(c["score"], 6), put_by(c)) for c in t.chains()))
        need(sum(bool(m[2]) for m in marks[-1]) == 2, marks[-1])
    need(marks[0] == marks[1] == marks[2], marks)


def nobody_else_is_told_or_touched(l):
    t, admin = pair(l)
    events, ids, _ = story(t, 1, "mine")
    u, theirs = pair(l)
    rule(admin, {"host": host_of(events)}, confirm=True)
    u.send(events)
    need(u.chains()[0]["suppressed"] is None, "another tenant's rule holds here")
    need(theirs.get(RULES).want(200).json()["suppressions"] == [], "another tenant's rule is listed")
    theirs.get(f"{RULES}?tenant={t.name}").problem(404)


def webhooks_are_not_told_of_it_until_it_is_hidden_no_more(l):
    t, admin = pair(l)
    events = break_in(7, "hook")
    seen, hidden = Receiver(), break_in(8, "hook")
    made = rule(admin, {"host": host_of(hidden)})
    admin.post("/webhooks", {"url": seen.url, "events": ["chain.threshold"], "min_confidence": "INFERRED"}).want(201)
    t.send(hidden)
    t.send(events)
    free = t.chains(event_ids=[i for i in t.send(events)])[0]
    need(until(lambda: seen.messages(), 10, 0.05), "not even the other chain is told")
    time.sleep(1)
    need({m.json()["data"]["chain_id"] for m in seen.messages()} == {free["chain_id"]}, [m.json() for m in seen.messages()])
    admin.request("DELETE", f"{RULES}/{made['suppression_id']}").want(204)
    t.send([dict(sign_in(1), host=host_of(hidden), labels=["alert"])])
    late = break_in(8, "hook")[2]
    again = json.loads(json.dumps(late))
    again["id"] += "/b"
    again["raw"]["CommandLine"] += " more"
    again["raw"]["UtcTime"] = again["raw"]["UtcTime"][:-1] + "9"
    t.send([again])
    need(until(lambda: len({m.json()["data"]["chain_id"] for m in seen.messages()}) == 2, 10, 0.05), "its next change is not told")


def the_tool_says_and_does_the_same(l):
    t, admin = pair(l)
    events, ids, chain = story(t, 1, "tool")
    p = l.tool("suppress", "preview", "--host", host_of(events), "--tenant", t.name)
    q = admin.post(RULES + "/preview", {"match": {"host": host_of(events)}}).want(200).json()
    need(dict(p, since=0) == dict(q, since=0), p, q)
    made = l.tool("suppress", "add", "--name", "by tool", "--reason", "r", "--host", host_of(events), "--expires", "3d", "--tenant", t.name)
    need(admin.get(f"{RULES}/{made['suppression_id']}").want(200).json() == made, made)
    need(put_by(t.chains(event_ids=ids)[0]) == ["by tool"] == put_by(l.tool("chains", "--tenant", t.name)["chains"][0]), "marks")
    need(l.tool("suppress", "disable", made["suppression_id"], "--tenant", t.name)["state"] == "disabled", "disable")
    need(t.chains(event_ids=ids)[0]["suppressed"] is None, "still hidden")
    need(l.tool("suppress", "enable", made["suppression_id"], "--tenant", t.name)["state"] == "active", "enable")
    need([s["suppression_id"] for s in l.tool("suppress", "list", "--tenant", t.name)] == [made["suppression_id"]], "list")
    l.tool("suppress", "remove", made["suppression_id"], "--tenant", t.name)
    need(l.tool("suppress", "list", "--tenant", t.name) == [], "removed")
    for words, status in ((["add", "--name", "n", "--reason", "r", "--host", "*"], 2), (["add", "--host", "a-host", "--reason", "r"], 2),
                          (["remove", "sup_none"], 1), (["preview"], 2), ([], 2)):
        r = subprocess.run([f"{lab.BUILD}/tra-ce", "--data", l.data, "suppress", *words, "--tenant", t.name], capture_output=True, text=True)
        need(r.returncode == status and r.stderr, words, r.returncode, r.stderr)


if __name__ == "__main__":
    lab.main(a_rule_is_made_changed_and_removed_and_each_is_in_the_audit_log, a_rule_without_bounds_is_refused,
             there_is_an_end_to_how_many, a_retry_makes_one_rule,
             a_covered_chain_is_marked_and_last_and_otherwise_the_same, one_sign_that_is_not_covered_keeps_its_whole_chain_up,
             a_noisy_rule_does_not_hide_the_grave_one_beside_it, what_an_analyst_called_true_is_never_hidden,
             a_preview_says_what_would_be_hidden_and_changes_nothing, a_rule_over_half_of_everything_wants_a_second_word,
             hits_count_what_came_while_it_held, an_expired_rule_hides_nothing, the_order_of_arrival_means_nothing,
             nobody_else_is_told_or_touched, webhooks_are_not_told_of_it_until_it_is_hidden_no_more, the_tool_says_and_does_the_same, conf=CONF)
