#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an analyst must know of an attack is named in its narrative, with cites, and `tra-ce verify` finds no fault:
where it came from, the command server, the payload, the tool it brought, what it dumped, and the root cause. Once
with a clock that holds, once with the payload's connections days off, once with no connection recorded at all."""
import json, os, random, re, subprocess
import lab
from lab import guid, need, sysmon

QUOTED = re.compile("“(.*?)”", re.S)


def theft(n, clock_off=0.0, connects=True):
    """A browser saves a program, which runs, calls home, brings a tool and has it dump LSASS.
    -> (records, {class of fact: name}, how each way in which the server is named reads)"""
    rng = random.Random(f"theft/{n}")
    at, word, net = 1.76e9 + 7200 * n, "%06x" % rng.getrandbits(24), rng.randrange(2, 250)
    host, user = f"desk-{word}.yard.example", f"YARD\\{word}"
    browser, shell, payload, tool, lsass = (guid(rng) for _ in range(5))
    server, page = f"198.51.100.{net}", f"203.0.113.{net}"
    image = {browser: r"C:\Program Files\Mozilla Firefox\firefox.exe", shell: r"C:\Windows\explorer.exe",
             payload: rf"C:\Users\{word}\Downloads\{word}-offer.exe", tool: rf"C:\ProgramData\{word}-memory.exe",
             lsass: r"C:\Windows\System32\lsass.exe"}
    dump = rf"C:\ProgramData\{word}-out.dmp"

    def by(process, number, step, off=0.0, **more):
        return sysmon(rng, number, host, at + step + off, ProcessGuid=process, ProcessId=str(4 * rng.randrange(300, 9000)),
                      Image=image[process], User=user, **more)

    def made(step, child, parent, line):
        return by(child, 1, step, CommandLine=line, ParentProcessGuid=parent, ParentImage=image[parent],
                  Hashes="SHA256=%064X" % rng.getrandbits(256))
    raws = [made(0, browser, shell, "firefox.exe"),
            by(browser, 11, 60, TargetFilename=image[payload]),
            by(browser, 15, 60.1, TargetFilename=image[payload] + ":Zone.Identifier", Hash="SHA256=%064X" % rng.getrandbits(256),
               Contents=f"[ZoneTransfer]  ZoneId=3  ReferrerUrl=http://{page}/  HostUrl=http://{page}/{word}-offer.exe  "),
            made(90, payload, shell, f'"{image[payload]}"'),
            by(payload, 11, 120, TargetFilename=image[tool]),
            made(130, tool, payload, f"{image[tool]} -ma lsass.exe {dump}"),
            sysmon(rng, 10, host, at + 131, SourceProcessGUID=tool, SourceImage=image[tool], TargetProcessGUID=lsass,
                   TargetImage=image[lsass], GrantedAccess="0x1fffff", SourceUser=user),
            by(tool, 11, 132, TargetFilename=dump)]
    facts = {"origin": page, "payload": f"{word}-offer.exe", "tool": f"{word}-memory.exe", "dump": f"{word}-out.dmp"}
    if connects:
        raws += [by(payload, 3, 95 + i, clock_off, Protocol="tcp", Initiated="true", SourceIp="10.4.0.9",
                    SourcePort=str(50000 + i), DestinationIp=server, DestinationPort="443") for i in range(3)]
        facts["server"] = server
    out = [{"id": f"theft/{n}/{i}", "source": "windows", "raw": r} for i, r in enumerate(raws)]
    out[6].update(labels=["alert"], mitre_techniques=["T1003.001"])
    rng.shuffle(out)
    return out, facts, image[payload]


def told(l, records):
    """(investigation of the only chain, the chain), verified."""
    c = l.tenant()
    c.send(records)
    chains = c.chains()
    need(len(chains) == 1, [x["title"] for x in chains])
    d = c.post("/ai/investigate", {"chain_id": chains[0]["chain_id"]}).want(200).json()
    path = os.path.join(l.data, "told.json")
    with open(path, "w") as f:
        json.dump(d, f)
    r = subprocess.run([os.path.join(lab.BUILD, "tra-ce"), "--json", "verify", path], capture_output=True, text=True, timeout=60)
    said = json.loads(r.stdout)
    need(r.returncode == 0 and said["ok"] and said["faults"] == 0 and said["results"][0]["sentences"] > 15, said)
    return d, chains[0]


def sentences(d, name):
    """Of the narrative: those that name it between their quotes and cite something."""
    return [s for p in d["narrative"] for s in p["sentences"]
            if s["cites"] and any(name.lower() in q.lower() for q in QUOTED.findall(s["text"]))]


def all_named(d, chain, facts, payload):
    for sort, name in facts.items():
        need(sentences(d, name), sort, name, "is not named:", [s["text"] for p in d["narrative"] for s in p["sentences"]])
    root = next(n for n in chain["nodes"] if n["event_id"] == d["root_cause"]["event_id"])
    need(root["action"].startswith("file.") and root["target"] == payload, "the root cause is", root)
    need(d["root_cause"]["event_id"] == chain["root_cause"], "two root causes")
    blocked = [a["target"] for a in d["recommended_actions"] if a["action"].startswith("block the")]
    need(any(facts["origin"] in t for t in blocked), "the place it came from is not blocked:", blocked)


def each_fact_of_an_attack_is_named(l):
    records, facts, payload = theft(1)
    d, chain = told(l, records)
    all_named(d, chain, facts, payload)
    need(any("connected to" in s["text"] for s in sentences(d, facts["server"])), "not as a connection")
    need(not any(link.get("order_uncertain") for link in d["links"]), "an order is said to be uncertain")


def a_clock_that_was_set_hides_no_server(l):
    for n, off in ((2, -6 * 86400.0), (3, -3600.0)):
        records, facts, payload = theft(n, off)
        d, chain = told(l, records)
        all_named(d, chain, facts, payload)
        found = sentences(d, facts["server"])
        need(any("connected to" in s["text"] and "clock that was set" in s["text"] for s in found), "told without its doubt:", found)
        doubtful = [link for link in d["links"] if link.get("order_uncertain")]
        need(doubtful and all(link["grade"] == "MIXED" for link in doubtful), doubtful)
        need({link["from"] for link in doubtful} == {n["event_id"] for n in chain["nodes"] if n["action"] == "network.connect"}, doubtful)
        need(chain["confidence"] != "PROVABLE", "proven in spite of its clock")


def without_a_connection_the_mark_still_says_where_it_came_from(l):
    records, facts, payload = theft(4, connects=False)
    d, chain = told(l, records)
    all_named(d, chain, facts, payload)
    need(any("says that the file came from" in s["text"] for s in sentences(d, facts["origin"])), sentences(d, facts["origin"]))


def the_clock_of_another_process_is_not_taken_for_its_own(l):
    records, facts, _ = theft(5, -6 * 86400.0)
    stranger = guid(random.Random("stranger"))
    for e in records:
        if e["raw"]["EventID"] == 3:                    # the same image and pid, and another process
            e["raw"]["ProcessGuid"] = stranger
    d, chain = told(l, records)
    need(not sentences(d, facts["server"]), "a stranger's connection is told as its own")


if __name__ == "__main__":
    lab.main(each_fact_of_an_attack_is_named, a_clock_that_was_set_hides_no_server,
             without_a_connection_the_mark_still_says_where_it_came_from, the_clock_of_another_process_is_not_taken_for_its_own)
