#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a link is said to lack for a proof: with that very record it is proven."""
import glob, json, os
import lab
from lab import ROOT, need, sign_in, stamp

T0, SID = 1.75e9, "S-1-5-21-1-2-3-1001"
GUIDS = ["{3f2a9c1%x-c1a4-6601-c100-000000002a00}" % n for n in range(6)]
HASH = "SHA256=" + "1A" * 32


def security(number, at, **fields):
    return {"EventID": number, "Channel": "Security", "SourceName": "Microsoft-Windows-Security-Auditing", "Hostname": "ws1", "EventTime": stamp(T0 + at), **fields}


def sysmon(number, at, **fields):
    return {"EventID": number, "Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon", "Hostname": "ws1",
            "UtcTime": stamp(T0 + at)[:-1].replace("T", " "), "User": "YARD\\ann", **fields}


def edges_of(c, raws):
    if raws:
        c.send([r if "event_type" in r else {"source": "windows", "raw": r} for r in raws])
    return c.get("/causal/edges").want(200).lines()


def one(edges, rule):
    found = [e for e in edges if e["rule"] == rule]
    need(len(found) == 1, rule, "is", len(found), "of", [e["rule"] for e in edges])
    return found[0]


def lacks(edge, word, record, setting):
    """It is MIXED for that one reason, and that could be mended."""
    need(edge["grade"] == "MIXED" and len(edge["to_prove"]) == 1, edge)
    x = edge["to_prove"][0]
    need(x["provable"] and word in x["missing"] and record in x["record"] and setting in (x["setting"] or ""), x)
    return x


def proven(edge):
    need(edge["grade"] == "PROVABLE" and edge["to_prove"] == [], edge)


LOGON = security(4624, 10, SubjectUserSid="S-1-0-0", SubjectLogonId="0x0", TargetUserSid=SID, TargetUserName="ann", TargetDomainName="YARD", TargetLogonId="0x7b31", LogonType="2", ProcessId="0x0", IpAddress="-", IpPort="-")
TASK = security(4698, 20, SubjectUserSid=SID, SubjectUserName="ann", SubjectDomainName="YARD", SubjectLogonId="0x7b31", TaskName="\\one", TaskContent="")


def the_start_of_the_host_proves_its_logons(l):
    c = l.tenant()
    x = lacks(one(edges_of(c, [LOGON, TASK]), "session"), "no start of the host", "4608", "Security State Change")
    need(x["hosts"] == ["ws1"] and x["source"] == "windows", x)
    row = c.get("/coverage").want(200).json()["coverage"][0]
    need([(d["events"], d["record"]) for d in row["to_prove"]] == [(2, x["record"])] and x["record"] in row["advice"][0], row)
    proven(one(edges_of(c, [security(4608, 0)]), "session"))
    need(c.get("/coverage").want(200).json()["coverage"][0]["to_prove"] == [], "it is still asked for")


def unique_process_ids_prove_who_started_whom(l):
    c = l.tenant()
    by_pid = [security(4688, n, SubjectUserSid=SID, SubjectLogonId="0x7b31", NewProcessId=hex(0x400 + 4 * n), NewProcessName=f"C:\\a{n}.exe",
                       ProcessId=hex(0x400 + 4 * (n - 1)), ParentProcessName=f"C:\\a{n - 1}.exe") for n in (1, 2)]
    x = lacks(one(edges_of(c, by_pid), "spawn"), "process id alone", "Sysmon 1", "install Sysmon")
    due = c.get("/coverage").want(200).json()["coverage"][0]["to_prove"]
    need(due[0]["record"] == x["record"] and due[0]["events"] == 2, due)
    by_guid = [sysmon(1, n, ProcessGuid=GUIDS[n], ProcessId=str(n), Image=f"C:\\a{n}.exe", CommandLine="a", ParentProcessGuid=GUIDS[n - 1]) for n in (1, 2)]
    proven(one(edges_of(l.tenant(), by_guid), "spawn"))


def the_content_s_hash_proves_that_what_ran_is_what_was_written(l):
    raws = [sysmon(11, 1, ProcessGuid=GUIDS[1], Image="C:\\w.exe", TargetFilename="C:\\x\\f.exe"),
            sysmon(1, 9, ProcessGuid=GUIDS[2], ProcessId="7", Image="C:\\x\\f.exe", CommandLine="f", ParentProcessGuid=GUIDS[3], Hashes=HASH)]
    c = l.tenant()
    lacks(one(edges_of(c, raws), "run-written"), "what ran is what was written", "Sysmon 29", "HashAlgorithms")
    more = sysmon(29, 2, ProcessGuid=GUIDS[1], Image="C:\\w.exe", TargetFilename="C:\\x\\f.exe", Hashes=HASH)
    proven(one(edges_of(c, [more]), "run-written"))


def a_sender_that_may_assert_proves_what_it_says(l):
    said = [sign_in(n, process={"guid": f"p{n}", "parent_guid": f"p{n - 1}"}, host="h", action="start", event_type="process.start") for n in (1, 2)]
    c = l.tenant()
    lacks(one(edges_of(c, said), "spawn"), "only the sender says it", "scope assert", "ingest,assert")
    c = l.tenant()
    proven(one(edges_of(l.key(c, "ingest", "read", "assert"), said), "spawn"))


def what_no_record_proves_is_said_to_be_so(l):
    raws = [sysmon(11, 1, ProcessGuid=GUIDS[1], Image="C:\\w.exe", TargetFilename="C:\\x\\f.txt"),
            security(4663, 5, SubjectUserSid=SID, SubjectLogonId="0x7b31", ObjectType="File", ObjectName="C:\\x\\f.txt", HandleId="0x44", ProcessId="0x9", ProcessName="C:\\r.exe",
                     AccessList="%%4416", AccessMask="0x1", ObjectServer="Security")]
    e = one(edges_of(l.tenant(), raws), "read-written")
    need(len(e["to_prove"]) == 1 and not e["to_prove"][0]["provable"] and "nothing that this version reads" in e["to_prove"][0]["record"], e)


def every_link_says_what_it_lacks_and_a_proven_one_nothing(l):
    """Over the sample and all golden stories."""
    seen, vague = set(), []
    for path in sorted(glob.glob(os.path.join(ROOT, "tests/cause/*.story.ndjson"))) + sorted(glob.glob(os.path.join(ROOT, "db/sample/*.ndjson"))):
        c = l.tenant()
        with open(path, "rb") as f:
            text = b"".join(x for x in f if not x.startswith(b'{"times"'))
        own = path.endswith(".story.ndjson")
        if not text:
            continue
        c.post("/events" + ("" if own else "?source=" + os.path.basename(path).partition(".")[0]), text, headers={"Content-Type": "application/x-ndjson"}).want(200, 422)
        for e in edges_of(c, []):
            need((e["grade"] == "PROVABLE") == (e["to_prove"] == []), os.path.basename(path), e)
            seen |= {x["missing"] for x in e["to_prove"]}
            vague += [(os.path.basename(path), e["rule"], e["because"]) for x in e["to_prove"] if "share no identifier" in x["missing"]]
    need(len(seen) >= 15, len(seen), "kinds:", seen)
    need(not vague, "no more than a shrug:", vague[:3])


def the_reports_for_people_say_it_too(l):
    c = l.tenant()
    with open(os.path.join(ROOT, "db/sample/windows.ndjson"), "rb") as f:
        c.post("/events?source=windows", f.read(), headers={"Content-Type": "application/x-ndjson"}).want(200)
    chain = c.chains()[0]
    wanted = [x["record"] for e in chain["edges"] for x in e["to_prove"]]
    need(wanted, "the sample has no link to prove")
    for form in ("md", "html"):
        text = c.get(f"/chains/{chain['chain_id']}?format={form}").want(200).body.decode().replace("\\", "")
        need(text.count("Would prove it") == len(wanted), form, text.count("Would prove it"), "of", len(wanted))


if __name__ == "__main__":
    lab.main(the_start_of_the_host_proves_its_logons, unique_process_ids_prove_who_started_whom, the_content_s_hash_proves_that_what_ran_is_what_was_written,
             a_sender_that_may_assert_proves_what_it_says, what_no_record_proves_is_said_to_be_so, every_link_says_what_it_lacks_and_a_proven_one_nothing,
             the_reports_for_people_say_it_too)
