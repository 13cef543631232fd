#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GET /causal/live: at once, in order, without gap or repetition."""
import random, socket, threading, time
import lab
from lab import break_in, need, until

CONF = "[live]\nheartbeat = 2s\nstreams_max = 420\n"
MEMBERS = ["chain_id", "version", "confidence", "score", "change", "summary", "added_nodes", "added_edges"]


def the_head_comes_at_once_with_limits_and_retry(l):
    c = l.tenant()
    begin = time.monotonic()
    s = c.stream().opened()
    need(s.wait(lambda: s.retry, 2) == 3000, "retry", s.retry)
    need(time.monotonic() - begin < 0.5, "slow", time.monotonic() - begin)
    need(s.headers["content-type"] == "text/event-stream", s.headers)
    for h in ("x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
              "ratelimit-policy", "ratelimit"):
        need(h in s.headers, "no", h)
    s.close()


def a_chain_is_on_the_wire_within_250_ms_of_its_ingest(l):
    c, other = l.tenant(), l.tenant()
    s, quiet = c.stream().opened(), other.stream().opened()
    delays = []
    for n in range(40):
        ids = c.send(break_in(n, "fast"))
        at = time.monotonic()
        need(s.wait(lambda: s.events_named() & set(ids), 5), "incident", n, "never came")
        delays.append(time.monotonic() - at)
    need(sorted(delays)[-2] < 0.25, "slow", sorted(delays)[-3:])
    for seq, kind, data, _ in s.messages:
        need(kind.startswith("chain.") and list(data) == MEMBERS, kind, list(data))
        faults = list(lab.CONTRACT.faults({"$ref": "#/components/schemas/Live"}, data))
        need(not faults, faults)
    need(s.ids() == sorted(set(s.ids())), "ids do not grow", s.ids())
    quiet.wait(lambda: quiet.messages, 0.3)
    need(not quiet.messages, "another tenant's stream got", quiet.messages[:1])


def whoever_comes_back_misses_nothing_and_gets_nothing_twice(l):
    c = l.tenant()
    first = c.stream().opened()
    c.send(break_in(0, "back"))
    need(first.wait(lambda: first.messages, 5), "nothing came")
    start = first.ids()[0]
    first.close()
    stop, parts = threading.Event(), []

    def hop(seed):
        rng, last, got = random.Random(seed), start, []
        while not stop.is_set():
            s = c.stream(last=last).opened()
            s.wait(lambda: False, rng.uniform(0.01, 0.2))
            s.close()                               # without a word
            got += s.ids()
            last = got[-1] if got else last
        s = c.stream(last=last).opened()
        s.wait(lambda: False, 1)
        parts.append(got + s.ids())
    hoppers = [threading.Thread(target=hop, args=(i,)) for i in range(3)]
    for h in hoppers:
        h.start()
    ids = [i for n in range(1, 60) for i in l_send(c, n)]
    time.sleep(0.3)
    stop.set()
    for h in hoppers:
        h.join()
    need(len(parts) == 3, "a hopper broke off")
    for query, last in (("", start), (f"?since={start}", None)):
        s = c.stream(query, last).opened()
        need(s.wait(lambda: set(ids) <= s.events_named(), 5), "not all came back by", query or "Last-Event-ID")
        s.wait(lambda: False, 0.3)
        parts.append(s.ids())
        s.close()
    for got in parts:
        need(got == parts[-1], "one got", len(got), "another", len(parts[-1]))
        need(got == sorted(set(got)) and got[0] > start, "order")


def l_send(c, n):
    return c.send(break_in(n, "back"))


def what_is_not_in_the_log_is_one_gap_then_the_present(l):
    c = l.tenant()
    for n, last in enumerate(("1", "999999999", "no-number", "-5")):
        empty = n == 0                              # where nothing was ever told, nothing was missed
        s = c.stream(last=last).opened()
        ids = c.send(break_in(n, "gap"))
        need(s.wait(lambda: s.events_named() & set(ids), 5), "no present after the gap", last)
        kinds = [m[1] for m in s.messages]
        need(kinds.count("gap") == (not empty) and (empty or kinds[0] == "gap"), last, kinds)
        if not empty:
            schema = {"$ref": "#/components/schemas/LiveGap"}
            need(not list(lab.CONTRACT.faults(schema, s.messages[0][2])), s.messages[0])
        s.close()
    c.get("/causal/live?since=yesterday").problem(422)
    c.get("/causal/live?since=-1").problem(422)


def silence_is_broken_by_a_comment(l):
    c = l.tenant()
    s = c.stream().opened()
    begin = time.monotonic()
    s.wait(lambda: False, 7)
    beats = [begin] + s.comments[1:] + [time.monotonic()]
    need(len(beats) >= 5 and not s.ended, "comments", len(beats) - 2)
    need(max(b - a for a, b in zip(beats, beats[1:])) < 2.5, "silence", beats)


def a_revoked_or_expired_key_ends_its_streams_within_a_second(l):
    t = l.tenant()
    k, short = l.key(t, "read"), l.key(t, "read", expires="2s")
    s, e, stays = k.stream().opened(), short.stream().opened(), t.stream().opened()
    l.tool("key", "revoke", k.key_id)
    at = time.monotonic()
    need(s.wait(lambda: s.ended, 3) and time.monotonic() - at < 1, "revoked: open after", time.monotonic() - at)
    need(e.wait(lambda: e.ended, 4), "expired: still open")
    stays.wait(lambda: False, 0.2)
    need(not stays.ended, "another key's stream ended")
    k.get("/causal/live").problem(401)


def readers_that_never_read_hold_nobody_up(l):
    c, d = l.tenant(), l.tenant()
    quick, calm = c.stream().opened(), d.stream().opened()
    idle = [c.stream(receive_buffer=4096) for _ in range(3)]
    size, n = 0, 0
    while size < 3 << 20 and n < 60:
        c.send([e for i in range(40) for e in break_in(n * 40 + i, "slow")])
        n += 1
        had = len(quick.messages)
        quick.wait(lambda: len(quick.messages) - had >= 40, 3)
        size = sum(len(str(m[2])) for m in quick.messages)
    for who, s in ((c, quick), (d, calm)):
        ids = who.send(break_in(1, f"after-{who.name}"))
        at = time.monotonic()
        need(s.wait(lambda: s.events_named() & set(ids), 5) and time.monotonic() - at < 0.5,
             "held up", time.monotonic() - at)
    need(quick.ids() == sorted(set(quick.ids())), "order")
    for s in idle:
        s.close()


def hundreds_listen_in_one_small_process_and_no_more_than_allowed(l):
    if lab.SERVER == "fcgid":
        raise lab.Skip("mod_fcgid gives each stream a process of its own: its MaxProcesses is the cap")
    c, d = l.tenant(), l.tenant()
    before = l.responder("live")
    crowd = [c.stream() for _ in range(210)]
    for s in crowd:
        s.opened()
    over = c.get("/causal/live").problem(503)       # one tenant may have half of 420
    need("stream" in over["detail"], over)
    d.stream().opened().close()
    ids = c.send(break_in(1, "crowd"))
    for s in crowd:
        need(s.wait(lambda: s.events_named() & set(ids), 5), "one of the crowd got nothing")
    after = l.responder("live")
    need(len(before) == len(after) == 1, before, after)
    if "san" not in lab.BUILD:                     # sanitizers keep what is freed
        need(after[0] - before[0] < 210 * 8, "kB grown", after[0] - before[0])
    for s in crowd:
        s.close()

    def room():
        s = c.stream()
        s.wait(lambda: s.status, 5)
        s.close()
        return s.status == 200
    need(until(room, 3, 0.1), "places are not given back")


def a_restart_is_one_more_reconnection(l):
    c = l.tenant()
    s = c.stream().opened()
    ids = c.send(break_in(0, "again"))
    need(s.wait(lambda: s.events_named() & set(ids), 5), "nothing came")
    last = s.ids()[-1]
    begin = time.monotonic()
    l.stop()
    need(s.wait(lambda: s.ended, 5), "the stream outlives the server")
    most = 6 if lab.SERVER != "fcgid" else 15       # mod_fcgid itself waits 8 s for who is busy
    need(time.monotonic() - begin < most, "the stop waits for streams", time.monotonic() - begin)
    l.start()
    ids = c.send(break_in(1, "again"))
    s = c.stream(last=last).opened()
    need(s.wait(lambda: set(ids) <= s.events_named(), 5), "what came meanwhile is missing")
    need(min(s.ids()) > last, "an id was given twice")


if __name__ == "__main__":
    lab.main(the_head_comes_at_once_with_limits_and_retry,
             a_chain_is_on_the_wire_within_250_ms_of_its_ingest,
             whoever_comes_back_misses_nothing_and_gets_nothing_twice,
             what_is_not_in_the_log_is_one_gap_then_the_present,
             silence_is_broken_by_a_comment,
             a_revoked_or_expired_key_ends_its_streams_within_a_second,
             readers_that_never_read_hold_nobody_up,
             hundreds_listen_in_one_small_process_and_no_more_than_allowed,
             a_restart_is_one_more_reconnection, conf=CONF)
