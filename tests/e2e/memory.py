#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Taking in for long needs no more memory and no longer log than for a while,
with several tenants at once and readers that never leave a gap."""
import glob, json, os, sqlite3, threading, time
import lab
from lab import need, sign_in, stamp

CONF = "[process]\ncache = 8M\n"
BATCH, ROUNDS, SELDOM = 1000, 42, 6             # other tenants come every sixth round
RSS_MOST_KB, RSS_GROWTH_KB = 110 << 10, 16 << 10
WAL_MOST = 160 << 20


def batch(salt, n):
    return [sign_in(i, id=f"{salt}-{i}", actor=f"sailor{i * i % 997}@quay.example", target=f"crate-{i % 1009}",
                    timestamp=stamp(1.76e9 + i), labels=["alert"] if i % 10 == 0 else [])
            for i in range(n * BATCH, (n + 1) * BATCH)]


def read_without_a_gap(path, stop):
    """Two connections, each in a transaction until the other is in one."""
    both = [sqlite3.connect(path, isolation_level=None) for _ in range(2)]
    while not stop.is_set():
        for c in both:
            if c.in_transaction:
                c.execute("COMMIT")
            c.execute("BEGIN")
            c.execute("SELECT count(*) FROM meta").fetchone()
            time.sleep(0.01)
    for c in both:
        c.close()


def memory_and_log_stay_bounded_over_a_long_intake(l):
    tenants = [l.tenant() for _ in range(3)]
    early = longest = 0
    bodies = [json.dumps({"events": batch("m", n)}).encode() for n in range(ROUNDS)]
    kind = {"Content-Type": "application/json"}
    stop, readers = threading.Event(), []
    for n in range(ROUNDS):
        for c in tenants[:3 if n % SELDOM == 0 else 1]:
            need(c.post("/events", bodies[n], headers=kind).want(200).json()["accepted"] == BATCH, "not all are new")
        if not readers:
            for path in glob.glob(os.path.join(l.data, "tenants", "*", "graph.db")):
                readers.append(threading.Thread(target=read_without_a_gap, args=(path, stop)))
                readers[-1].start()
        rss = max(l.responder("events"))
        wals = [os.path.getsize(p) for p in glob.glob(os.path.join(l.data, "tenants", "*", "graph.db-wal"))]
        longest = max([longest] + wals)
        if n == ROUNDS // 3:
            early = rss
    stop.set()
    for r in readers:
        r.join()
    need(rss < RSS_MOST_KB, "the events responder holds", rss, "kB")
    need(rss - early < RSS_GROWTH_KB, "it grew from", early, "to", rss, "kB")
    need(longest < WAL_MOST, "a log of", longest, "bytes")
    print(f"        {ROUNDS} batches: {early} kB, later {rss} kB; longest log {longest >> 20} MiB")
    for c, rounds in zip(tenants, (ROUNDS, ROUNDS // SELDOM, ROUNDS // SELDOM)):
        got = c.post("/causal/analyze", {"limit": 1}).want(200).json()["analyzed_events"]
        need(got == BATCH * rounds, got, "events instead of", BATCH * rounds)


if __name__ == "__main__":
    lab.main(memory_and_log_stay_bounded_over_a_long_intake, conf=CONF)
