#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which rules a tenant's events are read with: the server's switched off and on,
its own added; at once, in every process, and for nobody else."""
import concurrent.futures, os, subprocess, tempfile, time
import lab
from lab import break_in, need, sign_in, until

OWN = """title: A crane is moved at night
id: {id}
level: high
tags:
  - attack.t1485
logsource:
  product: any
detection:
  moved:
    action: crane.{what}
  condition: moved
"""


def own(what="moved", id="own-crane"):
    return OWN.format(what=what, id=id)


def pair(l, name=None):
    t = l.tenant(name)
    return t, l.key(t, "admin", "read")


count = iter(range(10 ** 6))


def rules_of(t, n=2):
    """Ids of the rules that a download by certutil meets now: a new event each time."""
    e = break_in(next(count), "rules")[n]
    e.pop("labels", None)
    e.pop("mitre_techniques", None)
    return tags(t, t.send([e])[0])


def tags(t, event):
    return {x["rule"] for x in t.get(f"/events/{event}").want(200).json()["tags"] if x["rule"]}


def crane(t, what="moved"):
    n = next(count)
    return tags(t, t.send([sign_in(n, id=f"crane {n}", action="crane." + what)])[0])


def pack(admin, status=201, **over):
    body = {"name": "cranes", "files": [{"file": "moved.yml", "yaml": own()}]}
    body.update(over)
    return admin.post("/admin/packs", body).want(status).json()


def certutil(t, admin):
    """The id of a rule that certutil's download meets."""
    met = rules_of(t)
    need(met, "no rule finds the download")
    return sorted(met)[0], met


# ---------------------------------------------------------------- the server's

def rules_and_packs_are_listed_with_their_state(l):
    t, admin = pair(l)
    d = admin.get("/admin/rules").want(200).json()
    need(len(d["rules"]) > 100 and all(r["enabled"] and r["pack"] == "server" for r in d["rules"]), d["rules"][:2])
    p = admin.get("/admin/packs").want(200).json()
    need(p["ruleset"] == d["ruleset"] and [(k["name"], k["origin"], k["rules"], k["rules_enabled"]) for k in p["packs"]]
         == [("server", "server", len(d["rules"]), len(d["rules"]))], p)
    whole = admin.get("/admin/packs/server").want(200).json()
    need(whole["rule_list"] == d["rules"] and whole["refused_list"] == d["refused"], "another list")
    admin.get("/admin/packs/nothing").problem(404)


def a_rule_that_is_switched_off_tags_nothing_from_the_next_event_on(l):
    t, admin = pair(l)
    u, _ = pair(l)
    rule, met = certutil(t, admin)
    before = admin.get("/admin/rules").want(200).json()
    d = admin.request("PATCH", "/admin/rules", {"disable": [rule]}).want(200).json()
    need([r["id"] for r in d["rules"] if not r["enabled"]] == [rule] and d["ruleset"] != before["ruleset"], "not off")
    need(rules_of(t) == met - {rule}, "it is asked still")
    need(rules_of(u) == met, "another tenant's rules have changed")
    need(d["rebuild_needed"] and admin.get("/admin/packs").want(200).json()["rebuild_needed"], "older events are said to be read so")
    need(t.name in l.tool("doctor")["rebuild_needed"] and u.name not in l.tool("doctor")["rebuild_needed"], "doctor")
    d = admin.request("PATCH", "/admin/rules", {"enable": [rule]}).want(200).json()
    need(d["ruleset"] == before["ruleset"] and d["rules"] == before["rules"], "not as before")
    need(rules_of(t) == met, "not on again")


def a_rebuild_reads_what_was_stored_before_with_what_is_on_now(l):
    t, admin = pair(l)
    events = break_in(next(count), "rebuilt")
    event = t.send(events)[2]
    met = tags(t, event)
    rule = sorted(met)[0]
    was = t.chains()[0]["ruleset"]
    now = admin.request("PATCH", "/admin/rules", {"disable": [rule]}).want(200).json()
    need(tags(t, event) == met and now["rebuild_needed"], "an old event has changed by itself")
    l.tool("rebuild", "--tenant", t.name)
    need(tags(t, event) == met - {rule}, "read with the old rules")
    need(not admin.get("/admin/rules").want(200).json()["rebuild_needed"], "a rebuild is due still")
    need(was != now["ruleset"] == t.chains()[0]["ruleset"], "chains name another ruleset")
    need(t.name not in l.tool("doctor")["rebuild_needed"], "doctor")


def a_pack_of_the_servers_can_be_switched_but_not_changed(l):
    t, admin = pair(l)
    d = admin.request("PATCH", "/admin/packs/server", {"enabled": False}).want(200).json()
    need(d["rules_enabled"] == 0 and d["rules"] > 100 and not d["enabled"], d["rules_enabled"])
    need(rules_of(t) == set(), "asked still")
    admin.request("DELETE", "/admin/packs/server").problem(409)
    admin.request("PATCH", "/admin/packs/server", {"files": [{"file": "a.yml", "yaml": own()}]}).problem(409)
    admin.request("PATCH", "/admin/packs/server", {"enabled": True}).want(200)
    need(rules_of(t), "not asked again")


def an_unknown_rule_is_named(l):
    t, admin = pair(l)
    rule, _ = certutil(t, admin)
    before = admin.get("/admin/rules").want(200).body
    for body, at in (({"disable": [rule, "no-such"]}, "/disable/1"), ({"enable": ["no-such"]}, "/enable/0"), ({"disable": [5]}, "/disable/0"),
                     ({"disable": rule}, "/disable"), ({"disable": ["x"] * 1001}, "/disable")):
        d = admin.request("PATCH", "/admin/rules", body).problem(422)
        need(d["errors"][0]["pointer"] == at, body, d)
    need(admin.get("/admin/rules").want(200).body == before, "half of it was done")


# -------------------------------------------------------------- the tenant's own

def a_pack_of_ones_own_tags_at_once_and_only_here(l):
    t, admin = pair(l)
    u, _ = pair(l)
    need(crane(t) == set(), "before")
    d = pack(admin)
    need(d["origin"] == "tenant" and d["rules"] == d["rules_enabled"] == 1 and d["refused"] == 0, d)
    need([(r["id"], r["file"], r["pack"], r["mitre_techniques"]) for r in d["rule_list"]] == [("own-crane", "moved.yml", "cranes", ["T1485"])], d)
    need(crane(t) == {"own-crane"}, "not asked")
    need(crane(u) == set(), "asked of another tenant's events")
    need(rules_of(t), "the server's are asked no more")
    off = admin.request("PATCH", "/admin/packs/cranes", {"enabled": False}).want(200).json()
    need(crane(t) == set() and off["rules"] == 1 and off["rules_enabled"] == 0, off)
    admin.request("PATCH", "/admin/packs/cranes", {"enabled": True}).want(200)
    admin.request("PATCH", "/admin/rules", {"disable": ["own-crane"]}).want(200)
    need(crane(t) == set(), "switched off alone, it is asked")
    admin.request("PATCH", "/admin/rules", {"enable": ["own-crane"]}).want(200)
    need(crane(t) == {"own-crane"}, "not on again")
    admin.request("PATCH", "/admin/packs/cranes", {"files": [{"file": "fell.yml", "yaml": own("fell")}]}).want(200)
    need((crane(t), crane(t, "fell")) == (set(), {"own-crane"}), "other files")
    admin.request("DELETE", "/admin/packs/cranes").want(204)
    need(crane(t, "fell") == set(), "gone, but asked")
    admin.get("/admin/packs/cranes").problem(404)
    what = [x["what"] for x in admin.get("/admin/audit?what=pack").want(200).json()["lines"]]
    need(what == ["pack.remove", "pack.replace", "pack.enable", "pack.disable", "pack.add"], what)
    need([x["what"] for x in admin.get("/admin/audit?what=rule").want(200).json()["lines"]] == ["rule.enable", "rule.disable"], "audit")


def what_cannot_be_loaded_is_listed_with_its_line_and_harms_no_neighbour(l):
    t, admin = pair(l)
    server = admin.get("/admin/rules").want(200).json()["rules"][0]["id"]
    bad = {"a.yml": ("title: [\n", "YAML", 2), "b.yml": (own(id="b").replace("action:", "action|sideways:"), "sideways", 10),
           "c.yml": (own(id="c").replace("condition: moved", "condition: nowhere"), "nowhere", 11),
           "d.yml": (own(id="own-crane"), "another rule's id", None), "e.yml": (own(id=server), "server's", None),
           "f.yml": ("x: &a [1]\ny: *a\n", "anchors", 1), "g.yml": ("", "empty", None), "h.yml": ("{" * 64, "", None),
           "i.yml": (own(id="i").replace("crane.moved", "'").replace("action:", "action|re:"), "", None)}
    d = pack(admin, files=[{"file": "0.yml", "yaml": own()}] + [{"file": k, "yaml": v[0]} for k, v in bad.items()])
    need(d["rules"] == 1 and d["refused"] == len(bad), d)
    by = {r["file"]: r for r in d["refused_list"]}
    need(set(by) == set(bad), by)
    for name, (_, word, line) in bad.items():
        need(word in by[name]["reason"] and by[name]["pack"] == "cranes", name, by[name])
        need(line is None or by[name]["line"] in (line, line - 1), name, by[name])
    need(crane(t) == {"own-crane"}, "the good one is not asked")
    need({r["file"] for r in admin.get("/admin/rules").want(200).json()["refused"] if r["pack"] == "cranes"} == set(bad), "list of all")


def a_pack_without_any_good_rule_is_not_kept(l):
    t, admin = pair(l)
    d = admin.post("/admin/packs", {"name": "cranes", "files": [{"file": "a.yml", "yaml": "title: x\n"}, {"file": "b.yml", "yaml": "a: b: c"}]}).problem(422)
    need({e["pointer"] for e in d["errors"]} == {"/files/0", "/files/1"} and any("line 1" in e["detail"] for e in d["errors"]), d)
    good = {"file": "a.yml", "yaml": own()}
    for body in ({"name": "server", "files": [good]}, {"name": "server.x", "files": [good]}, {"name": "../up", "files": [good]}, {"name": "", "files": [good]},
                 {"name": "x" * 65, "files": [good]}, {"name": "x", "files": []}, {"name": "x"}, {"name": "x", "files": [good, good]},
                 {"name": "x", "files": [{"file": "a.yml"}]}, {"name": "x", "files": [{"file": "", "yaml": own()}]}, {"name": "x", "files": ["a"]},
                 {"name": "x", "files": [{"file": "a\nb", "yaml": own()}]}, {"name": "x", "files": [{"file": "a.yml", "yaml": own() + "#" * 65536}]},
                 {"name": "x", "files": [dict(good, file=f"{i}.yml") for i in range(501)]}):
        admin.post("/admin/packs", body).problem(422)
    need([p["name"] for p in admin.get("/admin/packs").want(200).json()["packs"]] == ["server"], "something was kept")
    pack(admin)
    admin.post("/admin/packs", {"name": "cranes", "files": [good]}).problem(409)
    admin.request("PATCH", "/admin/packs/cranes", {"files": [{"file": "a.yml", "yaml": "title: x"}]}).problem(422)
    need(crane(t) == {"own-crane"}, "the refused files took the place of the good ones")
    for i in range(19):
        pack(admin, name=f"more-{i}", files=[{"file": "a.yml", "yaml": own(id=f"more-{i}")}])
    pack(admin, 422, name="one-more")


def no_expression_holds_up_the_others(l):
    t, admin = pair(l)
    u, _ = pair(l)
    slow = own(id="slow").replace("action: crane.moved", "message|re: '^(a+)+$'")
    pack(admin, files=[{"file": f"{i}.yml", "yaml": slow.replace("slow", f"slow-{i}")} for i in range(250)])
    d = admin.get("/admin/packs/cranes").want(200).json()
    need(d["rules"] == 200 and d["refused"] == 50 and "regular expression" in d["refused_list"][0]["reason"], d["rules"])
    begin = time.monotonic()
    t.send([sign_in(next(count), metadata={"message": "a" * 40 + "!"})])
    one = time.monotonic() - begin
    begin = time.monotonic()
    u.send([sign_in(next(count))])
    need(time.monotonic() - begin < 2 and one < 20, "took", one)
    print(f"        an event against 200 hostile expressions: {one:.2f} s", flush=True)


def a_retry_makes_one_pack(l):
    t, admin = pair(l)
    body = {"name": "cranes", "files": [{"file": "a.yml", "yaml": own()}]}
    a, b = (admin.post("/admin/packs", body, headers={"Idempotency-Key": "once"}).want(201) for _ in range(2))
    need(a.body == b.body, "another answer")


def nothing_is_lost_while_rules_change(l):
    t, admin = pair(l)
    pack(admin)
    stop = time.monotonic() + 4

    def post(k):
        c, n = lab.Client(l, t.key), 0
        while time.monotonic() < stop:
            n += len(c.send([sign_in(10 ** 7 + 10 ** 5 * k + n + i, action="crane.moved") for i in range(5)]))
        return n
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs, turns = [pool.submit(post, k) for k in range(4)], 0
        while time.monotonic() < stop:
            admin.request("PATCH", "/admin/packs/cranes", {"enabled": turns % 2 == 1}).want(200)
            turns += 1
        sent = sum(j.result() for j in jobs)
    need(t.post("/causal/analyze").want(200).json()["analyzed_events"] == sent, "lost")
    admin.request("PATCH", "/admin/packs/cranes", {"enabled": True}).want(200)
    need(crane(t) == {"own-crane"}, "not what is on")
    print(f"        {sent} events while the pack was switched {turns} times", flush=True)


def inline_alerts_are_read_with_the_same_rules(l):
    t, admin = pair(l)
    ai = l.key(t, "ai")
    ask = lambda: ai.post("/ai/triage", {"alerts": [{"alert_id": "x", **sign_in(1, action="crane.moved")}]}).want(200).json()["alerts"][0]["points"]
    before = ask()
    pack(admin)
    need(ask() > before, "the pack's rule says nothing of it")


def the_tool_says_and_does_the_same(l):
    t, admin = pair(l)
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "deep"))
        for name, text in (("moved.yml", own()), ("deep/fell.yaml", own("fell", "own-fell")), ("bad.yml", "title: [\n"), ("notes.txt", "not a rule")):
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)
        d = l.tool("rules", "add", "cranes", folder, "--tenant", t.name)
    need([(p["name"], p["rules"], p["refused"]) for p in d["packs"] if p["origin"] == "tenant"] == [("cranes", 2, 1)], d["packs"])
    need([r["file"] for r in d["refused"]] == ["bad.yml"], d["refused"])
    need((crane(t), crane(t, "fell")) == ({"own-crane"}, {"own-fell"}), "not asked")
    api = admin.get("/admin/rules").want(200).json()
    told = l.tool("rules", "list", "--tenant", t.name)
    need(told["rules"] == api["rules"] and told["ruleset"] == api["ruleset"], "another list")
    l.tool("rules", "disable", "own-crane", "--tenant", t.name)
    l.tool("rules", "disable", "--pack", "server", "--tenant", t.name)
    need((crane(t), rules_of(t)) == (set(), set()), "asked still")
    l.tool("rules", "enable", "own-crane", "--tenant", t.name)
    need(crane(t) == {"own-crane"}, "not on")
    l.tool("rules", "remove", "cranes", "--tenant", t.name)
    need(crane(t, "fell") == set(), "asked still")
    for words, status in ((["disable", "no-such"], 1), (["remove", "server"], 1), (["remove", "nothing"], 1), (["add", "server.x", "/etc/hostname"], 2),
                          (["add", "x", "/nonexistent"], 1), (["add", "x", "/etc/hostname"], 1), (["enable"], 2), ([], 2)):
        r = subprocess.run([f"{lab.BUILD}/tra-ce", "--data", l.data, "rules", *words, "--tenant", t.name], capture_output=True, text=True)
        need(r.returncode == status and r.stderr, words, r.returncode, r.stderr)


if __name__ == "__main__":
    lab.main(rules_and_packs_are_listed_with_their_state, a_rule_that_is_switched_off_tags_nothing_from_the_next_event_on,
             a_rebuild_reads_what_was_stored_before_with_what_is_on_now, a_pack_of_the_servers_can_be_switched_but_not_changed,
             an_unknown_rule_is_named, a_pack_of_ones_own_tags_at_once_and_only_here,
             what_cannot_be_loaded_is_listed_with_its_line_and_harms_no_neighbour, a_pack_without_any_good_rule_is_not_kept,
             no_expression_holds_up_the_others, a_retry_makes_one_pack, nothing_is_lost_while_rules_change,
             inline_alerts_are_read_with_the_same_rules, the_tool_says_and_does_the_same)
