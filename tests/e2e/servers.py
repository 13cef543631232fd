#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every way in which a web server and the responders can let each other down.
Behind lighttpd, and (SERVER=apache, SERVER=fcgid) behind both of Apache's. What
is not here:

  an answer cut short looks whole, bodies and paths         at_the_door.py
    that a server refuses or waits for, slow senders
  a slow or silent subscriber, many of them, places given   live_stream.py
    back, a restart with open streams
  everything killed at once, again and again                crash.py
  a responder born in the moment of its server's death      orphan.py
  a host's own limits: a body cut, output held back         shared_host.py
  the package gone or renewed below a running server        packaging/debtest.py
"""
import glob, http.client, json, os, re, signal, sqlite3, threading, time
import lab
from lab import Client, break_in, need, sign_in, until

CONF = "[http]\nbody_max = 64K\n[live]\nheartbeat = 2s\n"


def pids(l, name):
    out = []
    for pid in l.alive():
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                words = f.read().split("\0")
        except OSError:
            continue
        if words[0].endswith(f"/{name}.fcgi"):
            out.append(pid)
    return out


def web_server(l):
    """The process that a service manager would signal."""
    program = "lighttpd" if lab.SERVER == "lighttpd" else "apache2"
    found = []
    for pid in lab.descendants(l.proc.pid):
        try:
            with open(f"/proc/{pid}/stat") as f:
                name, _, rest = f.read().partition("(")[2].rpartition(")")
        except OSError:                             # it ended meanwhile
            continue
        if name == program:
            found.append((int(rest.split()[1]), pid))
    need(found, "no", program)
    return next(pid for parent, pid in found if parent == l.proc.pid)


def fresh(l, c):
    """A client that keeps no connection."""
    return Client(l, c.key)


# ------------------------------------------------------------------- promises

def every_path_of_the_contract_reaches_a_responder(l):
    c = l.tenant()
    for base in ("/api/v1", "/v1"):
        for path in [*lab.CONTRACT.doc["paths"], "/no/such", ""]:
            path = re.sub(r"\{[^}]*\}", "x", path)
            if path == "/causal/live":
                s = c.on(base).stream().opened()
                need("x-request-id" in s.headers, base, path)
                s.close()
                continue
            a = c.on(base).get(path)
            need("x-request-id" in a.headers, base + path, "never came to a responder:", a.status)
            need(path not in ("/no/such", "") or a.status == 404, base + path, a.status)


def both_spellings_of_a_key_are_passed_on(l):
    c = l.tenant()
    for headers in ({"X-API-Key": c.key}, {"Authorization": "Bearer " + c.key}):
        l.anyone().get("/events", headers=headers).want(200)


def a_body_too_big_is_told_by_us_whole_or_in_chunks(l):
    c = l.tenant()
    body = json.dumps({"events": [sign_in(i) for i in range(400)]}).encode()
    need(len(body) > 64 << 10, len(body))
    c.post("/events", body, headers={"Content-Type": "application/json"}).problem(413)
    conn = http.client.HTTPConnection("127.0.0.1", l.port, timeout=20)
    pieces = [body[i:i + 1000] for i in range(0, len(body), 1000)]
    conn.request("POST", "/api/v1/events", iter(pieces), {"X-API-Key": c.key, "Content-Type": "application/json",
                                                          "Transfer-Encoding": "chunked"}, encode_chunked=True)
    r = conn.getresponse()
    need(r.status == 413 and json.loads(r.read())["status"] == 413, r.status)
    small = json.dumps({"events": [sign_in(1)]}).encode()
    conn = http.client.HTTPConnection("127.0.0.1", l.port, timeout=20)
    conn.request("POST", "/api/v1/events", iter([small[:20], small[20:]]),
                 {"X-API-Key": c.key, "Content-Type": "application/json", "Transfer-Encoding": "chunked"}, encode_chunked=True)
    r = conn.getresponse()
    need(r.status == 200 and json.loads(r.read())["accepted"] == 1, "in chunks:", r.status)


def a_responder_killed_mid_answer_is_no_answer_and_the_retry_is_the_only_one(l):
    c = l.tenant()
    c.send([sign_in(0)])
    body = json.dumps({"events": [sign_in(i, id=None) for i in range(1, 6)]}).encode()
    headers = {"Idempotency-Key": "killed", "Content-Type": "application/json"}
    told = []

    def post():
        try:
            told.append(fresh(l, c).post("/events", body, headers=headers).status)
        except (OSError, http.client.HTTPException):
            told.append(None)
    with sqlite3.connect(graph_of_the_newest_tenant(l), isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")               # the commit waits, and the answer with it
        t = threading.Thread(target=post)
        t.start()
        time.sleep(0.3)
        need(not told, "answered although nothing could be written", told)
        for pid in pids(l, "events"):
            os.kill(pid, signal.SIGKILL)
        t.join(20)
        db.execute("ROLLBACK")
    need(told and (told[0] is None or told[0] >= 500), "an answer came from a dead process:", told)

    def again():
        try:
            a = fresh(l, c).post("/events", body, headers=headers)
            return a.status == 200 and a
        except (OSError, http.client.HTTPException):
            return None
    a = until(again, 10, 0.1)
    need(a and a.json()["accepted"] == 5, "the retry:", a and a.body)
    need(c.post("/causal/analyze").want(200).json()["analyzed_events"] == 6, "not stored once")


def graph_of_the_newest_tenant(l):
    return max(glob.glob(os.path.join(l.data, "tenants", "*", "graph.db")), key=os.path.getmtime)


def told_to_stop_it_finishes_what_it_has_begun(l):
    c = l.tenant()
    c.send([sign_in(0)])
    told = []

    def post():
        try:
            told.append(fresh(l, c).post("/events", {"events": [sign_in(1)]}).status)
        except (OSError, http.client.HTTPException) as e:
            told.append(e)
    old = pids(l, "events")
    with sqlite3.connect(graph_of_the_newest_tenant(l), isolation_level=None) as db:
        db.execute("BEGIN IMMEDIATE")               # the commit waits
        t = threading.Thread(target=post)
        t.start()
        time.sleep(0.3)
        need(not told, "answered although nothing could be written", told)
        for pid in old:
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.3)
        db.execute("ROLLBACK")
    t.join(20)
    need(told == [200], "what was under way was dropped:", told)
    need(until(lambda: not set(old) & set(pids(l, "events")), 10, 0.05), "it does not end")
    need(until(lambda: fresh(l, c).post("/events", {"events": [sign_in(2)]}).status == 200, 5, 0.1), "and nobody comes after it")


def a_responder_that_hangs_holds_up_no_other_and_goes_on(l):
    c = l.tenant()
    c.send([sign_in(0)])
    stopped, told = pids(l, "events"), []
    try:
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        t = threading.Thread(target=lambda: told.append(fresh(l, c).post("/events", {"events": [sign_in(1)]}).status))
        t.start()
        begin = time.monotonic()
        for path in ("/health", "/chains", "/coverage", "/webhooks"):
            fresh(l, c).get(path).want(200, 403)
        c.stream().opened().close()
        need(time.monotonic() - begin < 15, "others wait for it", time.monotonic() - begin)
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    t.join(20)
    need(told == [200], "who waited for it got", told)


def told_to_stop_it_ends_its_streams_and_the_next_goes_on_where_they_were(l):
    c = l.tenant()
    streams = [c.stream().opened() for _ in range(5)]
    ids = c.send(break_in(1, "stop"))
    for s in streams:
        need(s.wait(lambda: s.events_named() & set(ids), 5), "nothing came")
    for pid in pids(l, "live"):
        os.kill(pid, signal.SIGTERM)
    begin = time.monotonic()
    for s in streams:
        need(s.wait(lambda: s.ended, 3), "a stream outlives its responder")
    need(time.monotonic() - begin < 2, "slow to end", time.monotonic() - begin)
    ids = c.send(break_in(2, "stop"))

    def back():
        s = c.stream(last=streams[0].ids()[-1])
        s.wait(lambda: s.status, 5)
        return s if s.status == 200 else None
    s = until(back, 5, 0.1)
    need(s and s.wait(lambda: s.events_named() & set(ids), 5), "what came meanwhile is missing")
    s.close()


def reload(l):
    """As the package does it. lighttpd closes its streams first and then waits, for ever, until their readers have
    closed theirs; nobody is answered meanwhile. So the streams are ended before."""
    if lab.SERVER == "lighttpd":
        for pid in pids(l, "live"):
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.2)
    os.kill(web_server(l), signal.SIGUSR1)


def a_reload_under_load_loses_nothing_that_was_answered(l):
    c, done, refused, stop = l.tenant(), [], [], threading.Event()
    stream = c.stream().opened()                    # and never read

    def pour(n):
        i = 0
        while not stop.is_set():
            i += 1
            try:
                a = fresh(l, c).post("/events", {"events": [sign_in(i, id=f"load-{n}-{i}")]})
                (done if a.status == 200 else refused).append(a.json()["event_ids"][0] if a.status == 200 else a.status)
            except (OSError, http.client.HTTPException, ValueError) as e:
                refused.append(repr(e))
    workers = [threading.Thread(target=pour, args=(n,)) for n in range(3)]
    for w in workers:
        w.start()
    for _ in range(2):
        time.sleep(1)
        before = len(done)
        reload(l)
        need(until(lambda: len(done) > before + 50, 20, 0.05), "no answers after the reload")
    stop.set()
    for w in workers:
        w.join(30)
    print(f"        {len(done)} posts answered, {len(refused)} refused: {sorted(set(map(str, refused)))[:3]}")
    need(len(refused) <= len(done) // 20, "more than one in twenty was refused", len(refused), "of", len(done))
    need(len(set(done)) == c.post("/causal/analyze").want(200).json()["analyzed_events"]
         - missing_answers(c, done), "answered events are gone")
    stream.close()


def missing_answers(c, done):
    """Events that are stored though their answer was lost: allowed, a retry finds them."""
    listed, cursor = set(), ""
    while cursor is not None:
        a = c.get(f"/events?limit=1000{cursor and '&cursor=' + cursor}").want(200).json()
        listed |= {e["event_id"] for e in a["events"]}
        cursor = a["next_cursor"]
    need(set(done) <= listed, len(set(done) - listed), "answered events are not listed")
    return len(listed - set(done))


def a_server_killed_hard_leaves_nobody_behind_and_comes_up_again(l):
    c = l.tenant()
    ids = c.send([sign_in(i) for i in range(20)])
    s = c.stream().opened()
    os.kill(web_server(l), signal.SIGKILL)
    need(until(lambda: not l.alive(), 25, 0.05), "left behind:", l.alive())
    s.wait(lambda: s.ended, 3)
    l.proc.wait(10)
    l.proc = None
    l.start()
    need(l.tool("doctor")["ok"] is True, "doctor")
    c.get(f"/events/{ids[-1]}").want(200)
    c.send([sign_in(99)])


def make_run_killed_hard_takes_its_server_along(l):
    os.kill(l.proc.pid, signal.SIGKILL)
    l.proc.wait(10)
    l.proc = None
    need(until(lambda: not l.alive(), 25, 0.05), "left behind:", l.alive())
    l.start()


def restart(l, conf):
    """Another configuration, and responders that read it."""
    with open(os.path.join(l.data, "tra-ce.conf"), "w") as f:
        f.write(conf)
    for name in sorted(os.listdir(os.path.join(lab.BUILD, "fcgi"))):
        if name.endswith(".fcgi"):
            for pid in pids(l, name[:-5]):
                os.kill(pid, signal.SIGTERM)


def told(l, path):
    try:
        return Client(l, None).get(path)
    except (OSError, http.client.HTTPException):
        return None


def a_bad_configuration_is_told_and_takes_nothing_else_down(l):
    restart(l, CONF + "no_such_key = 1\n")
    for path in ("/health", "/events", "/chains", "/causal/live"):
        need(until(lambda: (a := told(l, path)) and a.status == 503 and b"no_such_key" in a.body and b"line 5" in a.body,
                   10, 0.1), path, "does not say what is wrong:", (a := told(l, path)) and a.body)
    page = http.client.HTTPConnection("127.0.0.1", l.port, timeout=10)
    page.request("GET", "/")
    need(page.getresponse().status == 200, "the pages are down with it")
    before = set(pids(l, "events") + pids(l, "live"))
    time.sleep(0.5)
    need(before and before == set(pids(l, "events") + pids(l, "live")), "responders come and go")
    restart(l, CONF)
    need(until(lambda: (a := told(l, "/health")) and a.status == 200, 10, 0.1), "mended, but not well:", told(l, "/health"))


def a_server_that_starts_over_a_bad_configuration_comes_up_and_says_so(l):
    """lighttpd does not start where a responder ends at once."""
    restart(l, CONF + "no_such_key = 1\n")
    reload(l)
    need(until(lambda: (a := told(l, "/health")) and a.status == 503 and b"no_such_key" in a.body, 20, 0.1), "it says", told(l, "/health"))
    page = http.client.HTTPConnection("127.0.0.1", l.port, timeout=10)
    page.request("GET", "/")
    need(page.getresponse().status == 200, "the pages are down with it")
    restart(l, CONF)
    reload(l)
    need(until(lambda: (a := told(l, "/health")) and a.status == 200, 20, 0.1), "mended, but not well:", told(l, "/health"))


if __name__ == "__main__":
    lab.main(every_path_of_the_contract_reaches_a_responder, both_spellings_of_a_key_are_passed_on,
             a_body_too_big_is_told_by_us_whole_or_in_chunks,
             a_responder_killed_mid_answer_is_no_answer_and_the_retry_is_the_only_one,
             told_to_stop_it_finishes_what_it_has_begun, a_responder_that_hangs_holds_up_no_other_and_goes_on,
             told_to_stop_it_ends_its_streams_and_the_next_goes_on_where_they_were,
             a_reload_under_load_loses_nothing_that_was_answered,
             a_server_killed_hard_leaves_nobody_behind_and_comes_up_again,
             make_run_killed_hard_takes_its_server_along, a_bad_configuration_is_told_and_takes_nothing_else_down,
             a_server_that_starts_over_a_bad_configuration_comes_up_and_says_so, conf=CONF)
