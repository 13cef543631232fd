#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Idempotency-Key: the first answer again, and the effect once."""
import json, threading
import lab
from lab import Client, break_in, need, sign_in


def keyed(key):
    return {"Idempotency-Key": key, "Content-Type": "application/json"}


def a_retry_replays_the_first_answer_and_stores_nothing(l):
    c = l.tenant()
    body = json.dumps({"events": [sign_in(i, id=None) for i in range(3)]}).encode()
    one = c.post("/events", body, headers=keyed("k1")).want(200)
    need("idempotency-replayed" not in one.headers, "the first one says it is a replay")
    for _ in range(2):
        two = c.post("/events", body, headers=keyed("k1")).want(200)
        need(two.headers.get("idempotency-replayed") == "true" and two.body == one.body, two.headers, two.body)
    need(len(c.get("/events").want(200).json()["events"]) == 3, "stored again")


def another_body_under_the_same_key_is_refused(l):
    c = l.tenant()
    c.post("/events", json.dumps([sign_in(1)]).encode(), headers=keyed("k2")).want(200)
    c.post("/events", json.dumps([sign_in(2)]).encode(), headers=keyed("k2")).problem(422)
    need(len(c.get("/events").want(200).json()["events"]) == 1, "the other body was stored")


def keys_of_two_tenants_and_two_paths_do_not_meet(l):
    a, b = l.tenant(), l.tenant()
    body = json.dumps([sign_in(1)]).encode()
    a.post("/events", body, headers=keyed("same")).want(200)
    for other in (b.post("/events", body, headers=keyed("same")), a.post("/causal/analyze", b"{}", headers=keyed("same"))):
        other.want(200)
        need("idempotency-replayed" not in other.headers, "a replay of somebody else's")


def it_works_on_every_post(l):
    c = l.tenant()
    ids = c.send(break_in(1, "idem"))
    chain = c.chains(event_ids=ids)[0]
    e, path = chain["edges"][-1], f"/chains/{chain['chain_id']}"
    for at, body in (("/causal/analyze", {"limit": 1}), (path + "/disposition", {"disposition": "benign", "note": "once"}),
                     (path + "/unlink", {"from": e["from"], "to": e["to"]})):
        data = json.dumps(body).encode()
        one, two = (c.post(at, data, headers=keyed("every" + at)).want(200) for _ in range(2))
        need(two.headers.get("idempotency-replayed") == "true" and two.body == one.body, at, two.headers, two.body[:300])
    notes = c.get(path + "/history").want(200).json()["notes"]
    need([n["text"] for n in notes] == ["benign", "once"], "said twice", notes)


def refusals_for_the_body_are_kept_and_others_are_not(l):
    c = l.tenant(plan="standard", rate=60)
    bad = json.dumps([sign_in(1, timestamp="never")]).encode()
    c.post("/events", bad, headers=keyed("bad")).problem(422)
    c.post("/events", bad, headers=keyed("bad")).problem(422)
    reader = l.key(c, "read")
    good = json.dumps([sign_in(1)]).encode()
    reader.post("/events", good, headers=keyed("denied")).problem(403)
    a = c.post("/events", good, headers=keyed("denied")).want(200)
    need("idempotency-replayed" not in a.headers, "a 403 was kept")
    c.post("/events", good, headers=keyed("x" * 256)).problem(400, 422)


def of_many_at_once_one_has_the_effect(l):
    c = l.tenant()
    body = json.dumps([sign_in(i, id=None, metadata={"pad": "x" * 300, "i": i}) for i in range(300)]).encode()
    got, go = [], threading.Barrier(10)

    def run():
        mine = Client(l, c.key)
        go.wait()
        got.append(mine.post("/events", body, headers=keyed("race")))
    workers = [threading.Thread(target=run) for _ in range(10)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    need(len(got) == 10 and all(a.status in (200, 409) for a in got), [a.status for a in got])
    good = [a for a in got if a.status == 200]
    need(len({a.body for a in good}) == 1, "different answers")
    need(sum("idempotency-replayed" not in a.headers for a in good) == 1, "more than one first answer")
    need(c.post("/causal/analyze").want(200).json()["analyzed_events"] == 300, "stored more than once")


if __name__ == "__main__":
    lab.main(a_retry_replays_the_first_answer_and_stores_nothing, another_body_under_the_same_key_is_refused,
             keys_of_two_tenants_and_two_paths_do_not_meet, it_works_on_every_post,
             refusals_for_the_body_are_kept_and_others_are_not, of_many_at_once_one_has_the_effect)
