#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""POST /ai/triage answers the same, reasons included, whatever order its records
came in, by however many senders at once: late ones, ones of last year, and
several records under one id, of which one speaks."""
import json, random, threading
import lab
from lab import Client, need, stamp

NOW = 1.75e9


def records():
    rng, out = random.Random(5), []
    for n in range(240):
        out.append({"id": f"r{n}", "event_type": "alert", "source": "sensor", "timestamp": stamp(NOW + (3600 * n if n < 150 else 3600 * 150 + 20 * n)),
                    "actor": f"u{n % 5}", "action": f"finding {n * n % 17}", "host": f"pier{rng.randrange(6)}.yard.example"})
    for n in range(40):                             # the same ids, told otherwise
        other = dict(out[6 * n], timestamp=stamp(NOW + 3600 * rng.randrange(150)), action=f"finding {rng.randrange(17)}",
                     host=f"pier{rng.randrange(6)}.yard.example", event_type=rng.choice(("alert", "login")))
        out.append(other)
    out.append(dict(out[3], id="last year", timestamp=stamp(NOW - 300 * 86400)))
    return out


def send(c, part, rng):
    while part:
        n = rng.randrange(1, 12)
        c.send(part[:n])
        part = part[n:]


def answer(l, seed, senders):
    c, rng = l.tenant(), random.Random(seed)
    all_of_it = records()
    if seed:
        rng.shuffle(all_of_it)
    threads = [threading.Thread(target=send, args=(Client(l, c.key), all_of_it[i::senders], random.Random(seed + i))) for i in range(senders)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    ids = {}
    for e in records():                             # all are there: the answer names each
        ids[e["id"]] = c.send([e])[0]
    a = c.post("/ai/triage", {"alerts": [{"alert_id": k, "event_id": ids[k]} for k in sorted(ids)]}).want(200).json()
    for x in a["alerts"]:
        x.pop("chain_id")                           # salted by tenant
    return json.dumps([a["alerts"], a["order"]], indent=1, sort_keys=True)


def reasons_do_not_hang_on_who_came_first(l):
    first = answer(l, 0, 1)
    need("neighbour progression" in first and first.count('"rarity anywhere"') > 20, "nothing to tell apart")
    for seed, senders in ((1, 1), (2, 1), (3, 6), (4, 6)):
        other = answer(l, seed, senders)
        differ = [(x, y) for x, y in zip(first.splitlines(), other.splitlines()) if x != y]
        need(first == other, seed, senders, len(differ), differ[:5])


lab.main(reasons_do_not_hang_on_who_came_first)
