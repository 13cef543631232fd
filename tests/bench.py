#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make bench: rates and sizes of the parts, on the sample repeated.

    make bench [BENCH=TIMES]

Each repetition is another company: its own hosts, users, identifiers and
keys, on its own days; so nothing is a duplicate and nothing links across.
"""
import os, re, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("BUILD") or "build")
SOURCES = "windows", "okta", "cloudtrail"
GUID = re.compile(r"\b([0-9a-fA-F]{8})(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TOKEN = re.compile(r"\b((?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12})[A-Z0-9]{4}")
DAY = re.compile(r"\b2026-03-(\d\d)")


def other(text, n):
    """The record as of the n-th company."""
    if n == 0:
        return text
    text = GUID.sub(lambda m: "%08x" % (int(m[1], 16) ^ n << 8) + m[0][8:], text)
    text = TOKEN.sub(lambda m: "%s%04d" % (m[1], n), text)
    text = DAY.sub(lambda m: "20%02d-%02d-%s" % (27 + n // 12, 1 + n % 12, m[1]), text)
    return re.sub(r"\bhalden", "halden%d" % n, re.sub(r"\bHALDEN", "HALDEN%d" % n, text))


def main(argv):
    times = int(argv[0]) if argv else 5
    with tempfile.TemporaryDirectory(prefix="tra-ce-bench-") as d:
        words = []
        for source in SOURCES:
            with open(os.path.join(ROOT, "db", "sample", source + ".ndjson")) as f:
                lines = f.readlines()
            path = os.path.join(d, source)
            with open(path, "w") as f:
                for n in range(times):
                    f.writelines(other(x, n) for x in lines)
            words.append(f"{source}={path}")
        return subprocess.run([os.path.join(BUILD, "bench", "rates"), os.path.join(d, "data"),
                               os.path.join(ROOT, "db", "rules"), *words]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
