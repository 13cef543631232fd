#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a web server decides by itself, before and behind the responders: which
path is whose, which body is too big, when an answer is over. It is as the
contract says behind each of them."""
import http.client, json, os, signal, socket, threading, time
import lab
from lab import need, sign_in, until

BASES = ("/api/v1", "/v1")
CAP = 34603008                  # of the web server, www/conf/*: a little above ours
JSON = {"Content-Type": "application/json"}


def exchange(l, head, body=b"", seconds=20, receive_buffer=None):
    """The socket after these bytes, and its answer (None: it hung up)."""
    s = socket.socket()
    if receive_buffer:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    s.settimeout(seconds)
    s.connect(("127.0.0.1", l.port))
    try:
        s.sendall(head.encode() + b"\r\n\r\n")
        for piece in [body] if isinstance(body, bytes) else body:
            s.sendall(piece)
    except OSError:
        pass                                        # it may say no before it has all
    return s


def answer(s):
    """-> status, headers, body; body None: it broke off."""
    r = http.client.HTTPResponse(s)
    try:
        r.begin()
        headers = {k.lower(): v for k, v in r.getheaders()}
        try:
            return r.status, headers, r.read()
        except (http.client.HTTPException, OSError):
            return r.status, headers, None
    except (http.client.HTTPException, OSError):
        return None, {}, None
    finally:
        s.close()


def head(c, method, path, *lines):
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: localhost", f"X-API-Key: {c.key}", *lines))


# ----------------------------------------------------------------------- paths

def a_path_that_only_begins_like_ours_is_nobodys(l):
    c = l.tenant()
    for path in ("/eventsFOO", "/chainsx", "/coverage1", "/causal/liveX", "/causal/analyzed", "/ai/triages", "/ai/investigated",
                 "/webhooksx", "/healthy", "/rate_limits", "/events/x/y/z", "/logsx"):
        for base in BASES:
            c.on(base).get(path).problem(404)


def a_path_of_odd_bytes_is_a_404_of_ours(l):
    c = l.tenant()
    for base in BASES:
        for path in ("/events/%00", "/events/a%00b", "/chains/..%2f..%2fetc%2fpasswd", "/causal/entities/host/%2F"):
            status, headers, body = answer(exchange(l, head(c, "GET", base + path)))
            if lab.SERVER == "lighttpd" and ("%00" in path or base == "/v1" and "..%2f" in path):
                need(status in (400, 404), "lighttpd's own refusal of a NUL, or of what leads out of /v1:", status)
                continue
            need(status == 404 and "x-request-id" in headers and json.loads(body)["status"] == 404, base + path, status, body[:200])
        for path, told in ((f"{base}/%65vents?limit=1", 200), (f"{base}//events?limit=1", (200, 404)), (f"{base}/events/%zz", 400)):
            status, headers, body = answer(exchange(l, head(c, "GET", path)))
            need(status in (told if isinstance(told, tuple) else (told,)), path, status, body[:200])


# ---------------------------------------------------------------------- bodies

def a_declared_gigabyte_is_refused_before_it_comes(l):
    c = l.tenant()
    for path in ("/api/v1/events", "/v1/events", "/v1/causal/analyze", "/api/v1/ai/triage", "/api/v1/webhooks", "/v1/logs",
                 "/services/collector/event", "/api/v1/admin/session"):
        for more in ((), ("Expect: 100-continue",)):
            begin = time.monotonic()
            status, _, _ = answer(exchange(l, head(c, "POST", path, "Content-Type: application/json", "Content-Length: 1000000000", *more), b'{"events":['))
            need(status == 413 and time.monotonic() - begin < 5, path, more, status, time.monotonic() - begin)


def between_our_cap_and_the_servers_it_is_told_by_us(l):
    c = l.tenant()
    for size in ((32 << 20) + 1, CAP):
        status, headers, body = answer(exchange(l, head(c, "POST", "/api/v1/events", "Content-Type: application/json", f"Content-Length: {size}"),
                                                (b" " * min(1 << 20, size - at) for at in range(0, size, 1 << 20))))
        need(status == 413 and "x-request-id" in headers and json.loads(body)["status"] == 413, size, status, body)


def a_body_in_chunks_beyond_every_cap_is_refused_and_the_next_is_served(l):
    c = l.tenant()
    piece = b"10000\r\n" + b" " * (1 << 16) + b"\r\n"
    status, _, _ = answer(exchange(l, head(c, "POST", "/api/v1/events", "Content-Type: application/json", "Transfer-Encoding: chunked"),
                                   (piece for _ in range((CAP >> 16) + 40))))
    need(status == (500 if lab.SERVER == "fcgid" else 413), "its own:", status)    # mod_fcgid has no other word for it
    need(c.post("/events", {"events": [sign_in(1)]}).want(200).json()["accepted"] == 1, "afterwards")


def who_sends_slowly_keeps_nobody_waiting(l):
    """More of them than the responder has workers; none of theirs is taken, and none says more than its length."""
    c, other = l.tenant(), l.tenant()
    stalled = [exchange(l, head(c, "POST", "/api/v1/events", "Content-Type: application/json", "Content-Length: 100000"), b'{"events":[')
               for _ in range(24)]
    time.sleep(0.3)
    begin = time.monotonic()
    for n in range(5):
        lab.Client(l, other.key).post("/events", {"events": [sign_in(n)]}).want(200)
    need(time.monotonic() - begin < 8, "slow senders hold up others", time.monotonic() - begin)
    for s in stalled:
        s.close()
    need(c.get("/events").want(200).json()["events"] == [], "half a body was taken")


def who_asks_first_is_told_to_go_on(l):
    c = l.tenant()
    body = json.dumps({"events": [sign_in(i, metadata={"pad": "x" * 2000}) for i in range(600)]}).encode()
    s = exchange(l, head(c, "POST", "/api/v1/events", "Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: 100-continue"))
    need(s.recv(1000).startswith(b"HTTP/1.1 100"), "it waits for ever")
    s.sendall(body)
    status, _, body = answer(s)
    need(status == 200 and json.loads(body)["accepted"] == 600, status, body)


def a_post_may_have_no_body_and_no_length(l):
    c = l.tenant()
    status, _, body = answer(exchange(l, head(c, "POST", "/api/v1/causal/analyze", "Content-Length: 0")))
    need(status == 200, status, body)
    status, _, body = answer(exchange(l, head(c, "POST", "/api/v1/causal/analyze")))
    need(status in (200, 411), status, body)        # 411: lighttpd where it is built to insist


# --------------------------------------------------------------------- answers

def a_condition_never_hides_what_was_done(l):
    """Apache would make a 304 or a 412 of an answer that fits its own idea of the client's condition."""
    c = l.tenant()
    for n, (name, value) in enumerate((("If-None-Match", "*"), ("If-Match", '"x"'), ("If-Unmodified-Since", "Mon, 01 Jan 2001 00:00:00 GMT"),
                                       ("Range", "bytes=0-9"))):
        a = c.post("/events", json.dumps({"events": [sign_in(n)]}).encode(), headers={**JSON, name: value}).want(200)
        need(a.json()["accepted"] == 1, name, a.body)
        a = c.get("/openapi.json", headers={name: value}).want(200)
        need(a.json()["openapi"], name)


def every_answer_says_its_length(l):
    c = l.tenant()
    c.send([sign_in(i) for i in range(20)])
    for path in ("/health", "/openapi.json", "/events", "/chains", "/no/such"):
        a = c.get(path)
        need(a.headers.get("content-length") == str(len(a.body)), path, a.headers)
        need(c.request("HEAD", path).headers.get("content-length", str(len(a.body))).isdigit(), "HEAD", path)


def pids(l, name):
    found = []
    for pid in l.alive():
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                if f.read().split("\0")[0].endswith(f"/{name}.fcgi"):
                    found.append(pid)
        except OSError:
            pass
    return found


def an_answer_that_a_crash_cut_short_never_looks_whole(l):
    """Whoever reads slowly while the responder dies, and whoever reads at full speed while it dies again and again."""
    c = l.tenant()
    for i in range(12):
        c.send([sign_in(i, metadata={"pad": "x" * 900_000})])
    path = "/api/v1/events?limit=12"
    whole = len(answer(exchange(l, head(c, "GET", path)))[2])
    need(whole > 8 << 20, "more than sockets hold:", whole)
    seen, wrong, stop = {"whole": 0, "cut": 0, "refused": 0}, [], threading.Event()

    def judge(status, headers, body):
        if status == 200 and body is not None:
            seen["whole"] += 1
            if len(body) != whole or len(json.loads(body)["events"]) != 12:
                wrong.append(f"{len(body)} of {whole} bytes as if whole: {headers}")
        else:
            seen["cut" if status == 200 else "refused"] += 1

    def pour():
        while not stop.is_set():
            try:
                judge(*answer(exchange(l, head(c, "GET", path))))
            except OSError:
                seen["refused"] += 1
    quick = [threading.Thread(target=pour) for _ in range(2)]
    for t in quick:
        t.start()
    slow = [exchange(l, head(c, "GET", path), receive_buffer=16384) for _ in range(3)]
    for s in slow:
        s.recv(1, socket.MSG_PEEK)                  # it has begun
    for _ in range(3):
        for pid in pids(l, "events"):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.7)
    stop.set()
    late = [threading.Thread(target=lambda s: judge(*answer(s)), args=(s,)) for s in slow]
    for t in late:
        t.start()
    for t in quick + late:
        t.join(40)
    print(f"        {seen}")
    need(not wrong, len(wrong), wrong[:2])
    need(seen["cut"] + seen["refused"] > 0, "nothing was hit", seen)
    need(until(lambda: answer(exchange(l, head(c, "GET", path)))[0] == 200, 5, 0.1), "it does not come back")


if __name__ == "__main__":
    lab.main(a_path_that_only_begins_like_ours_is_nobodys, a_path_of_odd_bytes_is_a_404_of_ours,
             a_declared_gigabyte_is_refused_before_it_comes, between_our_cap_and_the_servers_it_is_told_by_us,
             a_body_in_chunks_beyond_every_cap_is_refused_and_the_next_is_served, who_sends_slowly_keeps_nobody_waiting,
             who_asks_first_is_told_to_go_on,
             a_post_may_have_no_body_and_no_length, a_condition_never_hides_what_was_done, every_answer_says_its_length,
             an_answer_that_a_crash_cut_short_never_looks_whole)
