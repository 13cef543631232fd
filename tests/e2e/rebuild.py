#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rebuilding and history, on a running server: the same records under the same
rules give the same answers, byte for byte; what analysts said and what was
ever told stays; other rules are noticed, and a rebuild brings them in."""
import http.client, json, os, shutil, signal, subprocess, tempfile, threading, time
import lab
from lab import BUILD, ROOT, Client, break_in, need, sign_in, until

SAMPLE = os.path.join(ROOT, "db", "sample")
RULES = os.path.join(ROOT, "db", "rules")


def sample(c, name, most=None):
    with open(os.path.join(SAMPLE, name + ".ndjson"), "rb") as f:
        body = b"".join(f.readlines()[:most])
    return c.post(f"/events?source={name}&backfill=1", body,
                  headers={"Content-Type": "application/x-ndjson"}).want(200).json()["event_ids"]


def pages(c, path, key):
    out, cursor = [], ""
    while cursor is not None:
        a = c.get(f"{path}?limit=1000{cursor and '&cursor=' + cursor}").want(200)
        out += a.json()[key]
        cursor = a.json()["next_cursor"]
    return out


def everything(c):
    """What the API tells of a tenant, as bytes by path."""
    out = {"events": json.dumps(pages(c, "/events", "events")).encode(),
           "list": json.dumps(pages(c, "/chains", "chains")).encode(),
           "coverage": c.get("/coverage").want(200).body}
    for row in json.loads(out["list"]):
        at = "/chains/" + row["chain_id"]
        for path in (at, at + "/history"):
            out[path] = c.get(path).want(200).body
        for n in range(1, row["version"] + 1):
            out[f"{at}?version={n}"] = c.get(f"{at}?version={n}").want(200).body
    for e in json.loads(out["events"])[::97]:
        out[e["event_id"]] = c.get("/events/" + e["event_id"]).want(200).body
    return out


def same(before, after):
    need(before.keys() == after.keys(), "other paths:", sorted(before.keys() ^ after.keys())[:5])
    for path, was in before.items():
        need(was == after[path], path, "was", was[:300], "is", after[path][:300])


def tool(l, *words, rules=RULES, status=0, **kw):
    r = subprocess.run([os.path.join(BUILD, "tra-ce"), "--data", l.data, "--json", *words], capture_output=True,
                       text=True, timeout=120, env=dict(os.environ, TRACE_RULES=rules), **kw)
    need(r.returncode == status, words, r.returncode, r.stderr, r.stdout)
    return json.loads(r.stdout) if status == 0 else r.stderr


def rebuild(l, c, **kw):
    return tool(l, "rebuild", "--tenant", c.name, **kw)


def folders(l):
    return sorted(os.listdir(os.path.join(l.data, "tenants")))


def judged(c):
    """Say something of every kind about the best chains; -> their ids."""
    ids = [x["chain_id"] for x in c.get("/chains").want(200).json()["chains"]]
    first, second = ids[:2]
    c.request("PATCH", f"/chains/{first}", {"status": "contained", "assignee": "ines", "ticket": "SEC-7",
                                            "note": "isolated"}).want(200)
    c.post(f"/chains/{second}/disposition", {"disposition": "benign", "note": "exercise"}).want(200)
    edge = c.get(f"/chains/{first}").json()["edges"][-1]
    c.post(f"/chains/{first}/unlink", {"from": edge["from"], "to": edge["to"]}).want(200)
    return ids


def everything_is_as_it_was(l):
    c, other = l.tenant(), l.tenant()
    for name in ("windows", "okta", "cloudtrail"):
        sample(c, name)
    c.send(break_in(1, "live"))
    c.send([sign_in(0, id="one-id", actor=f"pretender{n}") for n in range(4)])     # variants
    other.send(break_in(2, "other"))
    named = judged(c)
    key = {"Idempotency-Key": "rebuilt-1"}
    told = c.post("/events", {"events": [sign_in(5)]}, headers=key).want(200)
    before, theirs, was = everything(c), everything(other), folders(l)
    s = c.stream(last="0").opened()
    need(s.wait(lambda: s.messages, 5), "nothing was ever told")
    last = max(s.ids())
    done = rebuild(l, c)
    need(done["variants"] == 3 and done["unlinks"] == 1 and done["notes"] == 6, done)
    need(done["chains"] == done["chains_before"] == len(json.loads(before["list"])) and done["changed"] == 0, done)
    same(before, everything(c))
    same(theirs, everything(other))
    need(len(folders(l)) == len(was) and folders(l) != was, "a file of its own, and the old one gone", was, folders(l))
    for i in named:                                 # an id once given out still answers
        c.get("/chains/" + i).want(200)
    again = c.post("/events", {"events": [sign_in(5)]}, headers=key).want(200)
    need(again.body == told.body and again.headers.get("idempotency-replayed") == "true", "no replay", again.headers)
    n = c.post("/events", {"events": break_in(1, "live")}).want(200).json()
    need(n["duplicates"] == 5 and n["accepted"] == 0, n)
    ids = c.send(break_in(3, "after"))              # on the stream that was open all the time
    need(s.wait(lambda: s.events_named() & set(ids), 5), "the open stream fell silent")
    news = [i for i in s.ids() if i > last]
    need(news and s.ids() == sorted(set(s.ids())), "ids", s.ids())
    need(tool(l, "doctor")["ok"] is True, "doctor")
    after = everything(c)
    need(rebuild(l, c)["changed"] == 0, "what came after the first rebuild")
    same(after, everything(c))


def nothing_answered_is_lost_by_a_rebuild(l):
    c = l.tenant()
    sample(c, "windows", 1200)
    stop, done, busy = threading.Event(), [], []

    def pour(seed):
        n, mine = 0, Client(l, c.key)
        while not stop.is_set():
            n += 1
            batch = break_in(n, f"pour{seed}") if n % 3 == 0 else \
                [sign_in(i, id=f"pour{seed}-{n}-{i}", source=f"p{seed}") for i in range(8)]
            a = mine.post("/events", {"events": batch})
            (done if a.status == 200 else busy).append(a.json())
            need(a.status in (200, 503), a.status, a.body)
            mine.get("/chains").want(200)           # who reads is never sent away
    workers = [threading.Thread(target=pour, args=(i,)) for i in range(2)]
    for w in workers:
        w.start()
    for _ in range(3):
        rebuild(l, c)
        time.sleep(0.2)
    stop.set()
    for w in workers:
        w.join()
    ids = [i for a in done for i in a["event_ids"]]
    need(len(done) > 20, "too little was posted", len(done), len(busy))
    have = {e["event_id"] for e in pages(c, "/events", "events")}
    need(set(ids) <= have, "lost", len(set(ids) - have), "of", len(ids))
    need(tool(l, "doctor")["ok"] is True, "doctor")
    before = everything(c)
    need(rebuild(l, c)["events"] == len(have), "counted")
    same(before, everything(c))


def a_killed_rebuild_changes_nothing_and_leaves_nothing(l):
    c = l.tenant()
    sample(c, "windows")
    before, was = everything(c), folders(l)
    for pause in (0.05, 0.15, 0.3):
        p = subprocess.Popen([os.path.join(BUILD, "tra-ce"), "--data", l.data, "rebuild", "--tenant", c.name],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        p.send_signal(signal.SIGKILL)
        if p.wait() == -signal.SIGKILL:
            same(before, everything(c))
    rebuild(l, c)
    same(before, everything(c))
    need(len(folders(l)) == len(was), "left behind:", set(folders(l)) - set(was))


def other_rules_are_noticed_and_brought_in(l):
    c = l.tenant()
    sample(c, "windows")
    before = everything(c)
    chain = json.loads(before["list"])[0]["chain_id"]
    own = c.get(f"/chains/{chain}").json()["ruleset"]
    need(len(own) == 64 and tool(l, "doctor")["rebuild_needed"] == [], own)
    with tempfile.TemporaryDirectory() as d:
        few = os.path.join(d, "rules")
        shutil.copytree(RULES, few)
        for name in os.listdir(few):
            if name.startswith("win_lsass"):
                os.unlink(os.path.join(few, name))
        need(c.name in tool(l, "doctor", rules=few)["rebuild_needed"], "other rules are not noticed")
        with open(os.path.join(d, "x.ndjson"), "w") as f:
            f.write(json.dumps(sign_in(9)) + "\n")
        need(tool(l, "import", "--source", "", "--tenant", c.name, os.path.join(d, "x.ndjson"), rules=few)
             ["accepted"] == 1, "ingest was stopped")
        need(c.name in tool(l, "doctor")["rebuild_needed"], "a mixture is not noticed")
        need(until(lambda: c.get("/health").json()["store"]["rebuild_needed"], 12, 0.5), "/health does not know")
        done = rebuild(l, c, rules=few)
        need(done["ruleset"] != own and done["changed"] > 0, done)
        need(c.name not in tool(l, "doctor", rules=few)["rebuild_needed"], "still mixed")
        row = c.get(f"/chains/{chain}").want(200).json()
        need(row["ruleset"] == done["ruleset"], "the chain names another")
        a = c.get(f"/chains/{row['chain_id']}/history").json()["versions"]
        need(any(v["change"] == "rebuilt" for x in c.get("/chains").json()["chains"]
                 for v in c.get(f"/chains/{x['chain_id']}/history").json()["versions"]), "no reason", a)
        for path, was in before.items():            # versions of then are as they were
            if "?version=" in path:
                now = json.loads(c.get(path).want(200).body)
                was = json.loads(was)
                need((now["nodes"], now["edges"]) == (strip(was["nodes"], now["nodes"]), was["edges"]), path)
    done = rebuild(l, c)
    need(done["ruleset"] == own, done)
    now = everything(c)
    pick = ("chain_id", "score", "confidence", "title", "techniques", "mitre_techniques", "event_count")
    short = [[{k: r.get(k) for k in pick} for r in json.loads(x["list"])] for x in (before, now)]
    need(short[0] == short[1], "back under the old rules:", short)


def strip(was, now):
    """Techniques are the event's, of today; the rest of a former node stays."""
    return [dict(a, techniques=b["techniques"]) for a, b in zip(was, now)]


def history_is_told_to_nobody(l):
    c = l.tenant()
    s = c.stream().opened()
    old = c.post("/events?backfill=1", {"events": break_in(1, "then")}).want(200).json()["event_ids"]
    need(any(old[0] in json.dumps(c.get(f"/chains/{x['chain_id']}").json()["nodes"])
             for x in c.get("/chains").json()["chains"]), "no chain of the history")
    s.wait(lambda: False, 0.5)
    need(not s.messages, "an alert of the past", s.messages[:1])
    ids = c.send(break_in(2, "now"))
    need(s.wait(lambda: s.events_named() & set(ids), 5), "the present is not told")
    need(not s.events_named() & set(old), "the past is told with the present")
    back = c.stream(last=str(s.ids()[0] - 1)).opened()
    need(back.wait(lambda: back.events_named() & set(ids), 5) and not back.events_named() & set(old), "on resuming")
    need(s.ids()[0] > 1_600_000_000_000, "numbered by the clock:", s.ids())
    c.post("/events?backfill=yes", {"events": [sign_in(1)]}).problem(422)
    both = [threading.Thread(target=Client(l, c.key).post, args=(f"/events?backfill={n % 2}",
                             {"events": break_in(n, "mix")})) for n in range(10, 30)]
    for t in both:
        t.start()
    for t in both:
        t.join()
    s.wait(lambda: False, 0.7)
    hosts = json.dumps([m[2] for m in s.messages])
    for n in range(10, 30):                         # never in one transaction
        ids = c.send(break_in(n, "mix"))
        need((ids[4] in hosts) == (n % 2 == 0), n, "told" if n % 2 else "not told")


def the_queue_is_known(l):
    c = l.tenant()
    c.send([sign_in(1)])
    waiting = until(lambda: c.get("/health").json()["queue"]["waiting"] is not None, 3, 0.1)
    need(waiting, "nothing is told of the queue")
    need(until(lambda: c.get("/health").json()["queue"]["waiting"] == 0, 4, 0.2), "an idle queue is not empty")


if __name__ == "__main__":
    lab.main(everything_is_as_it_was, nothing_answered_is_lost_by_a_rebuild,
             a_killed_rebuild_changes_nothing_and_leaves_nothing, other_rules_are_noticed_and_brought_in,
             history_is_told_to_nobody, the_queue_is_known)
