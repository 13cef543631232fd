#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 on everything, again and again, while events pour in: what was
answered with 200 is there afterwards, whole, once, linked, and in the log."""
import http.client, json, os, random, signal, threading, time
import lab
from lab import Client, break_in, need, sign_in, until


def pour(l, c, seed, stop, done, unsure):
    """Post until told to stop; remember what was answered and what was not."""
    rng, n = random.Random(seed), 0
    while not stop.is_set():
        n += 1
        salt = f"crash{seed}"
        batch = break_in(n, salt) if n % 4 == 0 else [sign_in(i, id=f"{salt}-{n}-{i}", source=salt)
                                                      for i in range(rng.randrange(1, 30))]
        key = f"{salt}-{n}"
        try:
            a = Client(l, c.key).post("/events", json.dumps({"events": batch}).encode(),
                                      headers={"Idempotency-Key": key, "Content-Type": "application/json"})
        except (OSError, http.client.HTTPException, ValueError):
            unsure.append((key, batch))
            time.sleep(0.02)
            continue
        if a.status == 200:
            done.append((batch, a.json()["event_ids"]))
        else:
            unsure.append((key, batch))             # 503 and the web server's own
            time.sleep(0.02)


def nothing_answered_is_lost_by_kill_9(l):
    c = l.tenant()
    done, unsure, messages, rng = [], [], {}, random.Random(3)
    last = 0
    for _ in range(4):
        stop = threading.Event()
        workers = [threading.Thread(target=pour, args=(l, c, f"{_}{i}", stop, done, unsure)) for i in range(3)]
        for w in workers:
            w.start()
        s = c.stream(last=last).opened()
        s.wait(lambda: False, rng.uniform(0.4, 1.0))
        l.kill()
        s.wait(lambda: s.ended, 3)
        stop.set()
        for w in workers:
            w.join()
        for seq, kind, data, at in s.messages:
            if kind != "gap":
                need(seq not in messages, "change", seq, "came twice")
                messages[seq] = data
                last = max(last, seq)
        l.start()
    need(len(done) > 40, "too little was posted:", len(done))
    for batch, ids in done:
        need(None not in ids and len(ids) == len(batch), ids)
    answered = {i for _, ids in done for i in ids}
    for i in rng.sample(sorted(answered), 150):
        c.get(f"/events/{i}").want(200)
    listed, cursor = [], ""
    while cursor is not None:
        a = c.get(f"/events?limit=1000{cursor and '&cursor=' + cursor}").want(200).json()
        listed += [e["event_id"] for e in a["events"]]
        cursor = a["next_cursor"]
    need(answered <= set(listed), len(answered - set(listed)), "answered events are gone")
    need(len(listed) == len(set(listed)), "some are there twice")
    for key, batch in unsure:                       # a client's retry
        a = c.post("/events", json.dumps({"events": batch}).encode(),
                   headers={"Idempotency-Key": key, "Content-Type": "application/json"}).want(200)
        need(None not in a.json()["event_ids"], a.body)
    total = sum(len(b) for b, _ in done) + sum(len(b) for _, b in unsure)
    need(c.post("/causal/analyze").want(200).json()["analyzed_events"] == total, "not", total, "events")
    chained = {n["event_id"] for x in c.chains() for n in x["nodes"]}
    for batch, ids in done:
        if "raw" in batch[0]:
            need(set(ids) <= chained, "an incident is in no chain", ids)
    s = c.stream(last=last).opened()
    s.wait(lambda: False, 1)
    need(all(i > last for i in s.ids()), "the log gives a number twice")
    need(l.tool("doctor")["ok"] is True, "doctor")


def a_lost_answer_is_told_again_after_the_crash(l):
    c = l.tenant()
    body = json.dumps({"events": [sign_in(i, id=None) for i in range(5)]}).encode()
    h = {"Idempotency-Key": "before the crash", "Content-Type": "application/json"}
    one = c.post("/events", body, headers=h).want(200)
    l.kill()
    l.start()
    two = c.post("/events", body, headers=h).want(200)
    need(two.body == one.body and two.headers.get("idempotency-replayed") == "true", two.headers)


def one_responders_death_is_not_the_others(l):
    c = l.tenant()
    for name in ("events", "live", "analyze", "graph", "chains", "meta"):
        for pid in l.alive():
            try:
                with open(f"/proc/{pid}/cmdline") as f:
                    hit = f"/{name}.fcgi" in f.read()
            except OSError:
                continue
            if hit:
                os.kill(pid, signal.SIGKILL)
        need(until(lambda: works(c), 5, 0.1), "after the death of", name)


def works(c):
    try:
        ids = c.send([sign_in(time.monotonic_ns() % 10**9)])
        s = c.stream()
        s.wait(lambda: s.status, 3)
        s.close()
        return (ids[0] and s.status == 200 and c.post("/causal/analyze").status == 200
                and c.get("/chains").status == 200 and c.get("/coverage").status == 200 and c.get("/health").status == 200)
    except (OSError, http.client.HTTPException, AssertionError):
        return False


if __name__ == "__main__":
    lab.main(nothing_answered_is_lost_by_kill_9, a_lost_answer_is_told_again_after_the_crash,
             one_responders_death_is_not_the_others)
