#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stores that older programs made (tests/store), each of every version, served by
the program of today: data, keys and chains stay, and it goes on from there."""
import json, os, sqlite3, subprocess, sys, tempfile
import lab
from lab import BUILD, ROOT, break_in, need
sys.path.insert(0, os.path.join(ROOT, "tests", "store"))
import lay


def made_of(path):
    db = sqlite3.connect(path)
    out = sorted(db.execute("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master")), db.execute("PRAGMA user_version").fetchone()
    db.close()
    return out


def shape(c):
    return {"chain_id": c["chain_id"], "confidence": c["confidence"], "score": c["score"], "nodes": sorted(n["event_id"] for n in c["nodes"]),
            "edges": sorted([e["from"], e["to"], e["rule"], e["confidence"]] for e in c["edges"])}


def by_id(chains):
    return sorted(chains, key=lambda c: c["chain_id"])


def its_chains_and_keys_are_those_it_had(l, said):
    c = lab.Client(l, said["keys"]["sender"])
    now = [c.get(f"/chains/{x['chain_id']}").want(200).json() for x in said["chains"]]
    need(by_id(map(shape, now)) == by_id(said["chains"]), "other chains:", now)
    need(len(c.get("/chains").want(200).json()["chains"]) == len(now), "more of them")
    for x in said["chains"]:
        for n in x["nodes"]:
            need(c.get(f"/events/{n}").want(200).json()["raw"], "without its raw record", n)
    lab.Client(l, said["keys"]["gone"]).get("/chains").problem(401)
    return c


def its_proof_holds(l):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump(l.tool("chains", "--tenant", "acme", "--raw"), f)
        f.flush()
        for words in ([os.path.join(BUILD, "tra-ce"), "verify"], [sys.executable, os.path.join(ROOT, "tests", "verify.py")]):
            r = subprocess.run([*words, f.name], capture_output=True, text=True, timeout=60)
            need(r.returncode == 0, words, r.stdout[-500:], r.stderr[-500:])


def tool(data, *words):
    r = subprocess.run([os.path.join(BUILD, "tra-ce"), "--data", data, "--json", *words], capture_output=True, text=True, timeout=60)
    need(r.returncode == 0, words, r.stderr)
    return json.loads(r.stdout)


def migrating_makes_of_it_what_a_new_store_is(version):
    with tempfile.TemporaryDirectory() as new, tempfile.TemporaryDirectory() as old:
        said = lay.lay(version, old)
        tool(new, "tenant", "add", "new")
        for data in (new, old):
            need(tool(data, "migrate") == {"ok": True, "tenants": 1}, "migrate")
        [folder] = os.listdir(os.path.join(new, "tenants"))
        for file in ("control", "limits", "hooks", "graph"):
            need(made_of(os.path.join(old, lay.place(said, file))) == made_of(os.path.join(new, lay.place({"folder": folder}, file))),
                 file, "is made otherwise than a new one")


def it_goes_on_from_there(l, c, said):
    again = c.send(break_in(7, "after"))
    need(len(again) == 5, again)
    chains = c.chains()
    need(len(chains) == len(said["chains"]) + 1, "the new story is no chain", [x["title"] for x in chains])
    first = said["chains"][0]["chain_id"]
    c.request("PATCH", f"/chains/{first}", {"status": "in_progress", "note": "kept"}).want(200)
    c.post("/ai/triage", {"alerts": [{"event_id": n} for n in said["chains"][0]["nodes"]]}).want(200)
    c.post("/ai/investigate", {"chain_id": first}).want(200)


def with_rules_of_today(l, c, said):
    """A rebuild reads the old records again; what an analyst knows a chain by stays."""
    l.tool("rebuild", "--tenant", "acme")
    need(l.tool("doctor")["rebuild_needed"] == [], "a rebuild is still due")
    for x in said["chains"]:
        now = c.get(f"/chains/{x['chain_id']}").want(200).json()
        need(set(x["nodes"]) <= {n["event_id"] for n in now["nodes"]}, "it lost events", now)
        need({tuple(e[:2]) for e in x["edges"]} <= {(e["from"], e["to"]) for e in now["edges"]}, "it lost links", now)


def old_store(version):
    migrating_makes_of_it_what_a_new_store_is(version)
    l = lab.Lab()
    said = lay.lay(version, l.data)
    with l:
        c = its_chains_and_keys_are_those_it_had(l, said)
        its_proof_holds(l)
        it_goes_on_from_there(l, c, said)
        with_rules_of_today(l, c, said)
        need(l.tool("doctor")["ok"] and l.tool("audit", "verify")["ok"], "doctor, audit")
    print(f"ok      {version}, made by {said['made_by']}: files {said['versions']}")


if __name__ == "__main__":
    need(len(lay.VERSIONS) >= 3, lay.VERSIONS)
    for v in lay.VERSIONS:
        old_store(v)
