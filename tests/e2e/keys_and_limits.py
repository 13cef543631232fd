#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys, scopes, tenants that never see one another, and rates exact to one request."""
import os, re, threading, time
import lab
from lab import Client, break_in, need, sign_in, until

CALLS = {"ingest": [("POST", "/events", {"events": [sign_in(1)]})],
         "read": [("GET", "/events", None), ("GET", "/chains", None), ("GET", "/causal/edges", None),
                  ("GET", "/causal/entities?q=x", None), ("GET", "/coverage", None)],
         "analyze": [("POST", "/causal/analyze", {})]}


def a_key_is_taken_in_both_headers_and_nothing_else_is(l):
    c = l.tenant()
    need(re.fullmatch(r"tra_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}", c.key), "form")
    no = l.anyone()
    for name, value in (("x-api-key", c.key), ("Authorization", "Bearer " + c.key), ("Authorization", "bEARER " + c.key)):
        no.get("/events", headers={name: value}).want(200)
    last = "A" if c.key[-1] != "A" else "B"
    for key in (None, c.key[:-1] + last, c.key[:-5], c.key + "0", "tra_AAAAAAAA_" + "x" * 38, "'; DROP TABLE key; --",
                c.key[:13] + c.key[13:][::-1]):
        for method, path in (("GET", "/events"), ("POST", "/events"), ("POST", "/causal/analyze"), ("GET", "/causal/live")):
            a = Client(l, key).request(method, path, {} if method == "POST" else None)
            a.problem(401, 429)
            need(a.status == 429 or a.headers["www-authenticate"], "no WWW-Authenticate")


def no_file_holds_a_secret_and_no_list_shows_one(l):
    c = l.tenant()
    c.get("/events").want(200)
    secret = c.key.split("_")[2]
    for folder, _, files in os.walk(l.data):
        for f in files:
            try:
                with open(os.path.join(folder, f), "rb") as h:
                    need(secret[:32].encode() not in h.read(), f, "holds it")
            except OSError:
                pass                                # a socket
    listed = str(l.tool("key", "list", c.name))
    need(secret[:32] not in listed and c.key.split("_")[1] in listed, listed)


def a_scope_allows_what_it_says_and_no_more(l):
    t = l.tenant()
    for scope in CALLS:
        c = l.key(t, scope)
        for s, calls in CALLS.items():
            for method, path, body in calls:
                a = c.request(method, path, body)
                a.want(200) if s == scope else a.problem(403)


def works_until(c, end):
    """It is taken, unless the machine was so busy that its time is over."""
    status = c.get("/events").status
    need(status == 200 or time.monotonic() >= end, status, "before its end")


def an_end_is_an_end_revoked_expired_or_rotated(l):
    t = l.tenant()
    revoked, rotated = l.key(t, "read"), l.key(t, "read")
    for c in (revoked, rotated):
        c.get("/events").want(200)
    begin = time.monotonic()
    expires = l.key(t, "read", expires="2s")
    works_until(expires, begin + 2)
    begin = time.monotonic()
    new = Client(l, l.tool("key", "rotate", rotated.key_id, "--overlap", "2s")["key"])
    need(new.key != rotated.key, "the same key")
    works_until(rotated, begin + 2)
    new.get("/events").want(200)
    new.post("/causal/analyze").problem(403)        # its predecessor's scopes
    l.tool("key", "revoke", revoked.key_id)
    need(until(lambda: revoked.get("/events").status == 401, 1), "revoked, but works")
    for c in (expires, rotated):
        need(until(lambda: c.get("/events").status == 401, 5, 0.1), "ended, but works")
    new.get("/events").want(200)


def a_key_bound_to_addresses_works_from_there_alone(l):
    t = l.tenant()
    l.key(t, "read", address="127.0.0.0/8").get("/events").want(200)
    l.key(t, "read", address="192.0.2.0/24,2001:db8::/32").get("/events").problem(403)


def tenants_never_see_one_another(l):
    a, b = l.tenant(), l.tenant()
    ids = a.send(break_in(1, "mine") + [sign_in(1, actor="hidden@mine.example")])
    chain = a.chains(event_ids=ids)[0]
    entity = next(e for e in a.get(f"/events/{ids[-1]}").want(200).json()["entities"] if "hidden" in e["name"])
    b.send(break_in(2, "theirs"))
    c = chain["chain_id"]
    for path in [f"/events/{i}" for i in ids] + [f"/chains/{c}", f"/chains/{c}/history", f"/chains/{c}?version=1",
                                                f"/causal/entities/{entity['kind']}/{entity['key']}"]:
        b.get(path).problem(404)
        a.get(path).want(200)
    edge = chain["edges"][0]
    b.post(f"/chains/{c}/disposition", {"disposition": "benign"}).problem(404)
    b.post(f"/chains/{c}/unlink", {"from": edge["from"], "to": edge["to"]}).problem(404)
    b.request("PATCH", f"/chains/{c}", {"status": "closed"}).problem(404)
    for path in ("/events?limit=1000", "/events?q=hidden", "/events?actor=hidden%40mine.example", "/chains", "/causal/edges",
                 "/chains?entity=hidden%40mine.example", "/causal/entities?q=hidden", "/coverage"):
        body = b.get(path).want(200).body
        for secret in ids + [c, "hidden@mine"]:
            need(secret.encode() not in body, path, "shows", secret)
    need(not b.chains(event_ids=ids), "analyze by another's event ids")


def burst(l, c, total, threads=5):
    """`total` requests over several endpoints at once -> answers, seconds."""
    paths = ["/events?limit=1", "/chains?limit=1", "/causal/edges?limit=1", "/coverage"]
    out, go = [], threading.Barrier(threads + 1)

    def run(n):
        mine = Client(l, c.key)
        go.wait()
        for i in range(n, total, threads):
            out.append(mine.get(paths[i % len(paths)]))
    workers = [threading.Thread(target=run, args=(n,)) for n in range(threads)]
    for w in workers:
        w.start()
    begin = time.monotonic()                        # before the first of them can have begun
    go.wait()
    for w in workers:
        w.join()
    need(len(out) == total, "only", len(out), "answered")
    return out, time.monotonic() - begin


def exactly_the_rate_passes_over_all_processes(l):
    c = l.tenant(plan="standard", rate=None)
    answers, took = burst(l, c, 160)
    left = sorted(int(a.headers["x-ratelimit-remaining"]) for a in answers if a.status == 200)
    regained = int(took * 100 / 60)
    need(100 <= len(left) <= 100 + regained, len(left), "passed in", took)
    if regained == 0:
        need(left == list(range(100)), "remaining", left)
    for a in answers:
        need(a.headers["x-ratelimit-limit"] == "100" and a.headers["ratelimit-policy"] == '"default";q=100;w=60', a.headers)
        if a.status != 200:
            a.problem(429)
            need(1 <= int(a.headers["retry-after"]) <= 60, a.headers)
    last = [a for a in answers if a.status == 429][-1]
    need(50 <= int(last.headers["x-ratelimit-reset"]) - time.time() <= 62, last.headers)
    c.get("/rate_limit").want(200)                  # free, and there with an empty bucket
    time.sleep(int(last.headers["retry-after"]))
    c.get("/events?limit=1").want(200)


def errors_cost_and_the_free_ones_do_not(l):
    c = l.tenant(plan="standard", rate=50)
    begin = time.monotonic()
    for _ in range(3):
        need(c.get("/rate_limit").want(200).json()["remaining"] == 50, "rate_limit is free")
        c.get("/health").want(200)
        c.get("/openapi.json").want(200)
    c.get("/events/evt_none").problem(404)
    c.request("DELETE", "/events").problem(405)
    c.post("/events", b"{", headers={"Content-Type": "application/json"}).problem(400)
    left = c.get("/rate_limit").want(200).json()["remaining"]
    regained = int((time.monotonic() - begin) * 50 / 60)
    need(47 <= left <= 47 + regained, "remaining", left)


def without_a_key_the_address_has_a_bucket_of_its_own(l):
    c, no = l.tenant(), l.anyone()
    for _ in range(400):                            # a busy machine may regain some meanwhile
        a = no.get("/events")
        if a.status == 429:
            break
    a.problem(429)
    need(a.headers["retry-after"], "no Retry-After")
    c.get("/events").want(200)


if __name__ == "__main__":
    lab.main(a_key_is_taken_in_both_headers_and_nothing_else_is, no_file_holds_a_secret_and_no_list_shows_one,
             a_scope_allows_what_it_says_and_no_more, an_end_is_an_end_revoked_expired_or_rotated,
             a_key_bound_to_addresses_works_from_there_alone, tenants_never_see_one_another,
             exactly_the_rate_passes_over_all_processes, errors_cost_and_the_free_ones_do_not,
             without_a_key_the_address_has_a_bucket_of_its_own)
