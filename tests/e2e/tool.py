#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the command-line tool promises: answers, faults, exit statuses."""
import gzip, json, os, re, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(ROOT, os.environ.get("BUILD", "build"), "tra-ce")
ENV = dict(os.environ, TRACE_RULES=os.path.join(ROOT, "db", "rules"))
SAMPLE = os.path.join(ROOT, "db", "sample")


def run(data, *words, status=0, text=False):
    r = subprocess.run([TOOL, "--data", data] + ([] if text else ["--json"]) + list(words), capture_output=True, env=ENV)
    if r.returncode != status:
        sys.exit("FAILED: %s ended with %d, not %d: %s" % (words, r.returncode, status, (r.stdout + r.stderr)[-400:]))
    if status and not r.stderr.startswith(b"tra-ce: ") and b"\ntra-ce: " not in r.stderr:
        sys.exit("FAILED: %s failed without a word: %r" % (words, r.stderr))
    return r.stdout.decode() if text or status else json.loads(r.stdout)


def need(holds, words):
    if not holds:
        sys.exit("FAILED: " + str(words))


def faults(d):
    """Wrong calls are 2, failures 1, and each says what to do."""
    for words in ((), ("nonsense",), ("tenant",), ("tenant", "add"), ("tenant", "add", "a b"), ("tenant", "add", "x" * 65),
                  ("tenant", "add", "x", "--plan", "gold"), ("tenant", "add", "x", "--rate", "-1"), ("tenant", "add", "x", "--rate"),
                  ("tenant", "add", "x", "--colour", "red"), ("key", "add", "x"), ("import", "file"), ("verify",), ("conf",)):
        if words:
            run(d, *words, status=2)
    for words in (("tenant", "list"), ("doctor",), ("chains",)):
        run(os.path.join(d, "nowhere"), *words, status=1)
    need(not os.path.exists(os.path.join(d, "nowhere")), "a reader made a store")


def keys(d):
    t = run(d, "tenant", "add", "acme", "--plan", "enterprise")
    need(set(t) >= {"tenant", "key", "key_id"} and t["tenant"] == "acme", t)
    need(re.fullmatch(r"tra_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}", t["key"]) and t["key"][4:12] == t["key_id"], t["key"])
    run(d, "tenant", "add", "acme", status=1)
    need([x["rate"] for x in run(d, "tenant", "list")["tenants"]] == [1000], "enterprise is 1,000 a minute")
    k = run(d, "key", "add", "acme", "--name", "ci", "--scopes", "read,analyze", "--expires", "2s",
            "--address", "10.0.0.0/8,2001:db8::/32")
    for bad in (["--scopes", "root"], ["--scopes", ""], ["--expires", "soon"], ["--address", "10.0.0.0/33"], ["--address", "x"]):
        run(d, "key", "add", "acme", "--name", "n", *(["--scopes", "read"] if bad[0] != "--scopes" else []), *bad, status=2)
    run(d, "key", "add", "other", "--name", "n", "--scopes", "read", status=1)
    n = run(d, "key", "rotate", t["key_id"], "--overlap", "1h")
    run(d, "key", "rotate", t["key_id"], status=1)
    run(d, "key", "rotate", "zzzzzzzz", status=1)
    run(d, "key", "revoke", k["key_id"])
    text = json.dumps(run(d, "key", "list", "acme")) + run(d, "key", "list", "acme", text=True)
    rows = {r["key_id"]: r for r in run(d, "key", "list", "acme")["keys"]}
    need({i: r["state"] for i, r in rows.items()} == {t["key_id"]: "rotated", k["key_id"]: "revoked", n["key_id"]: "active"}, rows)
    need(rows[n["key_id"]]["scopes"] == rows[t["key_id"]]["scopes"] and rows[t["key_id"]]["successor"] == n["key_id"], rows)
    for secret in (t["key"], k["key"], n["key"]):
        need(secret not in text and secret[13:] not in text, "a list shows a secret")
        for at, _, names in os.walk(d):
            for name in names:
                with open(os.path.join(at, name), "rb") as f:
                    need(secret[13:45].encode() not in f.read(), "a secret is on the disk")


def records(d):
    lines = open(os.path.join(SAMPLE, "okta.ndjson"), "rb").read().splitlines()
    path = os.path.join(d, "some.ndjson.gz")
    with gzip.open(path, "wb") as f:
        f.write(b"\n".join(lines[:50] + [b'{"published":"never"}', b"no json"] + lines[50:60]) + b"\r\n")
    got = run(d, "import", "--source", "okta", path)
    need((got["accepted"], got["duplicates"], got["rejected"]) == (60, 0, 2), got)
    need([e["index"] for e in got["errors"]] == [50, 51], got["errors"])
    again = run(d, "import", "--source", "okta", path)
    need((again["accepted"], again["duplicates"]) == (0, 60), again)
    envelope = os.path.join(d, "trail.json")
    trail = open(os.path.join(SAMPLE, "cloudtrail.ndjson")).read().splitlines()[:9]
    with open(envelope, "w") as f:
        f.write('{"Records":[' + ",".join(trail) + "]}")
    need(run(d, "import", "--source", "auto", "--backfill", envelope)["accepted"] == 9, "an envelope is unwrapped")
    with open(path, "r+b") as f:
        f.truncate(60)
    run(d, "import", "--source", "okta", path, status=1)
    run(d, "import", "--source", "okta", os.path.join(d, "missing"), status=1)


def story(d):
    for s in ("windows", "okta", "cloudtrail"):
        run(d, "import", "--source", s, "--tenant", "acme", os.path.join(SAMPLE, s + ".ndjson"))
    run(d, "tenant", "add", "second")
    run(d, "chains", status=1)                      # which of the two?
    before = run(d, "chains", "--tenant", "acme")
    need(before["analyzed_events"] > 3000 and before["chains"], "no chains")
    done = run(d, "rebuild", "--tenant", "acme")
    need(done["events"] == before["analyzed_events"] and done["chains"] == len(before["chains"]), done)
    after = run(d, "chains", "--tenant", "acme")
    need([(c["chain_id"], c["score"], c["edges"]) for c in after["chains"]] ==
         [(c["chain_id"], c["score"], c["edges"]) for c in before["chains"]], "rebuilding changed chains")
    text = run(d, "chains", "--tenant", "acme", text=True)
    need(all(c["chain_id"] in text for c in before["chains"]) and "<- PROVABLE spawn" in text, text[:400])
    need(len(run(d, "analyze", "--tenant", "acme", text=True).splitlines()) == len(before["chains"]) + 1, "a line a chain")
    need(run(d, "chains", "--tenant", "second")["chains"] == [], "another tenant sees chains")
    ready = run(d, "readiness", os.path.join(SAMPLE, "windows.ndjson"))
    need({r["source"] for r in ready["coverage"]} == {"windows"} and ready["rejected"] == 0, ready)
    need(run(d, "doctor")["ok"] is True, "doctor")


def sample_conf(d):
    text = run(d, "conf", "-T", text=True)
    path = os.path.join(d, "sample.conf")
    with open(path, "w") as f:
        f.write(text)
    r = subprocess.run([TOOL, "--data", d, "doctor"], capture_output=True, env=dict(ENV, TRACE_CONFIG=path))
    need(r.returncode == 0 and "[store]" in text, "the sample configuration is not read: %r" % r.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix="tra-ce-tool-") as d:
        data = os.path.join(d, "data")
        os.mkdir(data)
        faults(data)
        keys(data)
        records(data)
        story(data)
        sample_conf(data)


if __name__ == "__main__":
    main()
