#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tool's verify and the independent checker agree: on the sample's chains
and on copies of them in which something was changed. A changed cited byte fails
exactly the edges that cite it."""
import copy, hashlib, json, os, random, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
sys.path.insert(0, os.path.join(ROOT, "tests"))
sys.dont_write_bytecode = True
import verify                                       # noqa: E402

SAMPLE = os.path.join(ROOT, "db", "sample")


def need(holds, words):
    if not holds:
        print("FAILED: " + words)
        sys.exit(1)


def tool(data, *words, status=0):
    r = subprocess.run([os.path.join(BUILD, "tra-ce"), "--data", data, "--json", *words], capture_output=True,
                       env=dict(os.environ, TRACE_RULES=os.path.join(ROOT, "db", "rules")))
    need(status is None or r.returncode == status, "%s: exit %d, %s" % (words, r.returncode, r.stderr[-300:]))
    return json.loads(r.stdout)


def key(edge):
    return edge["from"], edge["to"], edge["rule"]


def verdicts(tmp, doc):
    """-> PROVABLE edges that fail, by the tool and by the checker"""
    path = os.path.join(tmp, "chains.json")
    with open(path, "w") as f:
        json.dump(doc, f)
    ours = tool(tmp, "verify", path, status=None)
    theirs, _ = verify.verify(path)
    need(len(ours["results"]) == len(theirs), "they see different edges")
    return ({key(r) for r in ours["results"] if not r["ok"]}, {key(e) for e, why in theirs if why})


def both(tmp, doc, want, what):
    a, b = verdicts(tmp, doc)
    need(a == want, "%s: the tool fails %s, not %s" % (what, sorted(a), sorted(want)))
    need(b == want, "%s: the checker fails %s, not %s" % (what, sorted(b), sorted(want)))


def edges_of(doc, grade="PROVABLE"):
    return [e for c in doc["chains"] for e in c["edges"] if e["grade"] == grade]


def citing(doc, event):
    return {key(e) for e in edges_of(doc) if any(i["event_id"] == event for i in e["evidence"])}


def changed(text, r):
    """One character of it replaced by another of its kind."""
    i = r.randrange(len(text))
    new = "7" if text[i] != "7" else "3"
    return text[:i] + new + text[i + 1:]


def evidence_byte(tmp, doc, r):
    for n in range(len(edges_of(doc))):
        copied = copy.deepcopy(doc)
        edge = edges_of(copied)[n]
        item = r.choice(edge["evidence"])
        member = r.choice(("value", "value", "raw_sha256", "field"))
        item[member] = changed(item[member], r)
        both(tmp, copied, {key(edge)}, "%s of edge %d changed" % (member, n))


def raw_byte(tmp, doc, r, reseal):
    nodes = [n for c in doc["chains"] for n in c["nodes"] if citing(doc, n["event_id"])]
    for pick in r.sample(range(len(nodes)), 15):
        copied = copy.deepcopy(doc)
        event = nodes[pick]["event_id"]
        for c in copied["chains"]:
            for n in c["nodes"]:
                if n["event_id"] == event:
                    # inside a value that nothing cites, so that only bytes differ
                    n["raw"] = n["raw"].replace('"RuleName":"-"', '"RuleName":"x"', 1) if "RuleName" in n["raw"] else n["raw"] + " "
                    n["raw_sha256"] = digest = hashlib.sha256(n["raw"].encode()).hexdigest()
            for e in c["edges"] if reseal else ():
                for i in e["evidence"]:
                    if i["event_id"] == event:
                        i["raw_sha256"] = digest
        native = '"uuid"' in nodes[pick]["raw"] or '"eventID"' in nodes[pick]["raw"]
        # a vendor's own id names the event whatever the other bytes are
        want = set() if reseal and native else citing(doc, event)
        both(tmp, copied, want, "record %s changed%s" % (event, " and sealed again" if reseal else ""))


def claims(tmp, doc):
    """What was graded MIXED or INFERRED cannot be passed off as PROVABLE."""
    for grade in ("MIXED", "INFERRED"):
        for n in range(len(edges_of(doc, grade))):
            copied = copy.deepcopy(doc)
            edge = edges_of(copied, grade)[n]
            edge["grade"] = "PROVABLE"
            both(tmp, copied, {key(edge)}, "%s %s claimed to be PROVABLE" % (grade, edge["rule"]))


def crossed(tmp, doc, r):
    """Evidence of another edge proves nothing."""
    for n in r.sample(range(len(edges_of(doc))), 10):
        copied = copy.deepcopy(doc)
        edge = edges_of(copied)[n]
        other = next(e for e in edges_of(doc) if not {e["from"], e["to"]} & {edge["from"], edge["to"]})
        edge["evidence"] = other["evidence"]
        both(tmp, copied, {key(edge)}, "evidence of another edge on %d" % n)


def handle_records(first, second, second_at="10:00:00Z"):
    """Both checkers on a handle that is opened and used at one time, by the log's numbers."""
    nodes, evidence = [], []
    for event, number, at in ((4656, first, "10:00:00Z"), (4663, second, second_at)):
        raw = json.dumps(dict({"EventRecordID": number} if number else {}, EventID=event, Channel="Security", Hostname="ws1",
                              SourceName="Microsoft-Windows-Security-Auditing", EventTime="2026-03-06T" + at,
                              SubjectUserSid="S-1-5-21-1004336348-1177238915-682003330-1104", SubjectUserName="u1104", SubjectDomainName="CORP",
                              SubjectLogonId="0x5a5a", ObjectType="Directory", ObjectName="\\Device\\x", HandleId="0x1a4",
                              ProcessId="0x3e8", ProcessName="C:\\Apps\\a.exe", AccessMask="0x1"))
        event_id = next(iter(verify.Record(raw.encode(), "windows").ids([])))
        nodes.append({"event_id": event_id, "source": "windows", "raw": raw})
        evidence += [{"event_id": event_id, "field": "/" + f, "value": json.loads(raw)[f],
                      "raw_sha256": hashlib.sha256(raw.encode()).hexdigest()} for f in ("HandleId", "ProcessId", "Hostname")]
    edge = {"from": nodes[0]["event_id"], "to": nodes[1]["event_id"], "rule": "handle", "grade": "PROVABLE", "confidence": .98,
            "heuristic": "explicit", "because": "x used the handle opened by y", "evidence": evidence}
    return {"chains": [{"nodes": nodes, "edges": [edge]}]}, {key(edge)}


def handles(tmp):
    """A handle's number comes back within the second that its records bear."""
    for first, second, at, holds in ((10, 11, "10:00:00Z", True), (11, 10, "10:00:00Z", False), (0, 0, "10:00:00Z", False),
                                     (0, 0, "10:00:01Z", True), (11, 10, "09:59:59Z", False)):
        doc, edge = handle_records(first, second, at)
        both(tmp, doc, set() if holds else edge, "a handle opened in record %d, used in %d at %s" % (first, second, at))


def main():
    r = random.Random(7)
    with tempfile.TemporaryDirectory(prefix="tra-ce-verify-") as tmp:
        made = os.path.join(tmp, "made")
        os.mkdir(made)
        subprocess.run(["/usr/bin/python3", os.path.join(SAMPLE, "make.py"), made], check=True)
        tool(tmp, "tenant", "add", "sample")
        for source in ("okta", "cloudtrail", "windows"):
            name = source + ".ndjson"
            with open(os.path.join(SAMPLE, name), "rb") as a, open(os.path.join(made, name), "rb") as b:
                need(a.read() == b.read(), name + " is not what its generator makes")
            got = tool(tmp, "import", "--source", source, os.path.join(SAMPLE, name))
            need(got["accepted"] > 0 and got["rejected"] == 0, "%s: %s" % (name, got))
        doc = tool(tmp, "chains", "--raw")
        grades = {c["confidence"] for c in doc["chains"]}
        need(grades == {"PROVABLE", "MIXED", "INFERRED"}, "the sample's chains are only %s" % sorted(grades))
        need(len(edges_of(doc)) >= 40, "only %d PROVABLE edges" % len(edges_of(doc)))
        both(tmp, doc, set(), "the chains as they are")
        evidence_byte(tmp, doc, r)
        raw_byte(tmp, doc, r, reseal=False)
        raw_byte(tmp, doc, r, reseal=True)
        claims(tmp, doc)
        crossed(tmp, doc, r)
        handles(tmp)
        bare = copy.deepcopy(doc)
        for c in bare["chains"]:
            for n in c["nodes"]:
                n.pop("raw", None)
        both(tmp, bare, {key(e) for e in edges_of(doc)}, "no raw records")
    print("both agree")


if __name__ == "__main__":
    main()
