#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same events give the same chains, ids included, whatever order, batches,
repetitions and restarts they came by. Event ids are salted by tenant, so every
variant gets a copy of one and the same young store."""
import json, os, random, shutil, sys, tempfile
import lab
from lab import Client, Lab, break_in, need, sign_in, stamp


def matter():
    """Incidents of which two share an artifact, noise between, late evidence."""
    rng, out = random.Random(7), []
    for n in range(12):
        out += break_in(n, "order", start=1.75e9 + 400 * (n // 3) + 7 * n)
    for n in range(60):
        out.append(sign_in(n, timestamp=stamp(1.75e9 + rng.randrange(0, 4000) + n / 1000), actor=f"a{n % 7}@yard.example",
                           labels=["alert"] if n % 20 == 0 else [], mitre_techniques=["T1110.001"] if n % 20 == 0 else []))
    hexes = "%064x" % rng.getrandbits(256)
    for i in range(6):                               # one file's hash on two hosts
        out.append(sign_in(900 + i, event_type="file", action="file.written", host=f"pier{i % 2}.yard.example",
                           timestamp=stamp(1.75e9 + 100 * i), entities=[{"kind": "hash", "id": "sha256:" + hexes, "role": "artifact"}],
                           labels=["alert"], mitre_techniques=["T1105"]))
    return out


def told(c):
    """All chains and edges, without what rightly differs: versions and times of arrival."""
    chains = c.chains()
    for x in chains:
        x.pop("version")
    edges = sorted(c.get("/causal/edges").want(200).lines(), key=lambda e: (e["to"], e["from"], e["rule"]))
    return json.dumps([chains, edges], sort_keys=True, indent=1)


def as_it_is(events, rng):
    yield events


def backwards_one_by_one(events, rng):
    for e in reversed(events):
        yield [e]


def shuffled_in_odd_batches(events, rng):
    events = events[:]
    rng.shuffle(events)
    while events:
        n = rng.randrange(1, 17)
        yield events[:n]
        events = events[n:]


def shuffled_with_repeats(events, rng):
    sent = []
    for batch in shuffled_in_odd_batches(events, rng):
        sent += batch
        yield batch + rng.sample(sent, min(len(sent), 5))


def restarted_in_the_middle(events, rng):
    batches = list(shuffled_in_odd_batches(events, rng))
    for i, b in enumerate(batches):
        if i == len(batches) // 2:
            yield None
        yield b


def outcome(young, key, way, seed):
    l = Lab()
    shutil.rmtree(l.data)
    shutil.copytree(young, l.data, ignore=shutil.ignore_patterns("run", "*.log"))
    with l:
        c = Client(l, key)
        for batch in way(matter(), random.Random(seed)):
            if batch is None:
                l.stop()
                l.start()
            else:
                c.post("/events", {"events": batch}).want(200)
        return told(c), c.post("/causal/analyze").want(200).json()["analyzed_events"]


def main():
    young = tempfile.mkdtemp(prefix="tra-ce-young-")
    failed = 0
    try:
        with Lab() as l:
            c = l.tenant()
            c.send([sign_in(99999, source="first")])
            l.stop()
            shutil.copytree(l.data, young, dirs_exist_ok=True, ignore=shutil.ignore_patterns("run", "*.log"))
        want, events = outcome(young, c.key, as_it_is, 0)
        chains = json.loads(want)[0]
        need(len(chains) >= 4 and any(len(x["nodes"]) >= 5 for x in chains), "too little to compare:", len(chains), "chains")
        for seed, way in enumerate((backwards_one_by_one, shuffled_in_odd_batches, shuffled_with_repeats,
                                    restarted_in_the_middle)):
            got, n = outcome(young, c.key, way, seed)
            same = got == want and n == events
            print("ok     " if same else "FAILED ", way.__name__, f"{n} events", flush=True)
            failed += not same
            if not same:
                a, b = want.splitlines(), got.splitlines()
                at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
                print("\n".join(["  want:"] + a[max(0, at - 3):at + 3] + ["  got:"] + b[max(0, at - 3):at + 3]))
    finally:
        shutil.rmtree(young, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
