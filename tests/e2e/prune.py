#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Retention on a running server: what is older is gone with its raw record, what
a chain rests on stays, and what is left is what taking in the rest alone gives."""
import json, os, sqlite3, threading, time
import lab
from lab import break_in, need, sign_in


def age(l, name, ids, days):
    """As if these had been stored so long ago."""
    for folder in os.listdir(os.path.join(l.data, "tenants")):
        path = os.path.join(l.data, "tenants", folder, "graph.db")
        db = sqlite3.connect(path, timeout=20)
        marks = [bytes.fromhex(x) for x in ids]
        db.executemany("UPDATE event SET ingested = ingested - ? WHERE id = ?", [(days * 86400 * 10**9, m) for m in marks])
        db.commit()
        db.close()


def raw_id(evt):
    """evt_ and 26 characters of base32 -> hex, as the store has it."""
    import base64
    return base64.b32decode(evt[4:].upper() + "======").hex()


def shape(chain):
    """A chain by what it says, without the tenant's own ids."""
    n = {x["event_id"]: (x["timestamp"], x["source"], x["event_type"], x["action"], x["host"]) for x in chain["nodes"]}
    return (chain["confidence"], chain["score"], sorted(n.values()), sorted((n[e["from"]], n[e["to"]], e["rule"], e["grade"], e["confidence"]) for e in chain["edges"]))


def noise(k, many=40):
    return [sign_in(1000 * k + i, actor=f"kim{i % 5}@yard.example", host=f"web-{i % 3}.yard.example") for i in range(many)]


def what_is_old_is_gone_and_what_chains_rest_on_stays(l):
    c, twin = l.tenant("aged"), l.tenant("twin")
    old, story, new = noise(1), break_in(1, "prune"), noise(2)
    old_ids, story_ids = c.send(old), c.send(story)
    new_ids = c.send(new)
    before = c.chains()
    need(len(before) == 1 and before[0]["version"] == 1, [x["title"] for x in before])
    note = "kept through retention"
    c.request("PATCH", f"/chains/{before[0]['chain_id']}", {"status": "in_progress", "note": note}).want(200)
    age(l, "aged", [raw_id(i) for i in old_ids + story_ids], 100)
    size = l.tool("prune", "--tenant", "twin")["tenants"]
    need(size[0]["dropped"] == 0, size)
    done = l.tool("prune", "--tenant", "aged")["tenants"][0]
    need(done["dropped"] == len(old_ids) and done["days"] == 90, done)
    for i in old_ids:
        c.get(f"/events/{i}").problem(404)
    for i in story_ids + new_ids:
        e = c.get(f"/events/{i}").want(200).json()
        need(e["raw"] and e["raw_sha256"], e)
    after = c.chains()
    need([x["chain_id"] for x in after] == [x["chain_id"] for x in before], "another chain")
    need(shape(after[0])[2:] == shape(before[0])[2:], "the chain changed", shape(before[0]), shape(after[0]))
    h = c.get(f"/chains/{before[0]['chain_id']}/history").want(200).json()
    need(any(n["text"] == note for n in h["notes"]), "the note is lost")
    need(c.get("/events?limit=1000").want(200).json()["events"].__len__() == len(story) + len(new), "listed")
    # by what is left alone
    twin.send(story + new)
    need([shape(x) for x in twin.chains()] == [shape(x) for x in after], "not what the rest alone gives")
    cover = lambda k: sorted((r["source"], r["host"] or "", r["events"]) for r in k.get("/coverage").want(200).json()["coverage"])
    need(cover(twin) == cover(c), cover(twin), cover(c))
    # and goes on from there, like the other
    late = break_in(1, "prune")[2:3]
    for k in (c, twin):
        k.send([dict(late[0], id="late", raw=dict(late[0]["raw"], UtcTime="2025-06-15 07:00:09.000"))] + noise(3, 5) + break_in(2, "prune"))
    need(sorted(map(shape, twin.chains())) == sorted(map(shape, c.chains())), "not equal afterwards")
    need(l.tool("doctor")["ok"], "doctor")
    again = l.tool("prune", "--tenant", "aged")["tenants"][0]
    need(again["dropped"] == 0, again)
    need("tenant.prune" in {x["what"] for x in l.tool("audit", "list", "--tenant", "aged")["lines"]}, "not in the audit log")


def an_event_that_becomes_evidence_meanwhile_stays(l):
    """Needed events are looked for again under the lock: prune while chains are made."""
    c = l.tenant("busy")
    stories = [break_in(n, "meanwhile") for n in range(6)]
    quiet = [e for s in stories for e in s[:2]]          # the first two of each: no sign yet
    ids = c.send(quiet + noise(5))
    age(l, "busy", [raw_id(i) for i in ids], 100)
    stop, sent = threading.Event(), []

    def send():
        for s in stories:
            if stop.is_set():
                break
            for _ in range(50):
                a = lab.Client(l, c.key).post("/events", {"events": s})
                if a.status == 200:
                    sent.append(s)
                    break
                time.sleep(0.05)
    t = threading.Thread(target=send)
    t.start()
    dropped = l.tool("prune", "--tenant", "busy")["tenants"][0]["dropped"]
    stop.set()
    t.join()
    need(dropped <= len(ids), dropped)
    chains = c.chains()
    for chain in chains:
        for n in chain["nodes"]:
            c.get(f"/events/{n['event_id']}").want(200)
        for e in chain["edges"]:
            need({e["from"], e["to"]} <= {n["event_id"] for n in chain["nodes"]}, e)
    need(len(chains) == len(sent), len(chains), "chains of", len(sent))
    need(l.tool("doctor")["ok"], "doctor")
    l.tool("rebuild", "--tenant", "busy")
    need(sorted(map(shape, c.chains())) == sorted(map(shape, chains)), "a rebuild says otherwise")


if __name__ == "__main__":
    lab.main(what_is_old_is_gone_and_what_chains_rest_on_stays, an_event_that_becomes_evidence_meanwhile_stays)
