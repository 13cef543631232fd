#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""POST and GET /events: every form of body, every refusal, every filter."""
import gzip, hashlib, json, shutil, subprocess, urllib.parse
import lab
from lab import need, sign_in

ND = {"Content-Type": "application/x-ndjson"}
JSON = {"Content-Type": "application/json"}


def text(v):
    return json.dumps(v, separators=(",", ":")).encode()


def every_form_of_body_is_taken(l):
    c = l.tenant()
    e = [sign_in(i, id=f"form-{i}") for i in range(40)]
    nd = lambda some: b"".join(text(x) + b"\n" for x in some)
    forms = [(text({"events": e[0:3]}), JSON, 3), (text(e[3:5]), JSON, 2), (text(e[5]), JSON, 1),
             (nd(e[6:10]), ND, 4), (nd(e[10:12]).replace(b"\n", b"\r\n\r\n"), ND, 2),
             (json.dumps(e[12:14], indent=3).encode(), {"Content-Type": "Application/JSON; charset=UTF-8"}, 2),
             (gzip.compress(text(e[14:16])), dict(JSON, **{"Content-Encoding": "gzip"}), 2),
             (gzip.compress(nd(e[16:18])) + gzip.compress(nd(e[18:19])), dict(ND, **{"Content-Encoding": "gzip"}), 3)]
    if shutil.which("zstd"):
        packed = subprocess.run(["zstd", "-qc"], input=nd(e[19:22]), capture_output=True, check=True).stdout
        forms.append((packed, dict(ND, **{"Content-Encoding": "zstd"}), 3))
    for body, headers, n in forms:
        a = c.post("/events", body, headers=headers).want(200).json()
        need((a["accepted"], a["duplicates"], a["rejected"]) == (n, 0, 0), headers, a)
        need(len(set(a["event_ids"])) == n and None not in a["event_ids"], a)
        for i in a["event_ids"]:
            c.get(f"/events/{i}").want(200)


def one_bad_record_harms_no_neighbour(l):
    c = l.tenant()
    e = [sign_in(0, id="n0"), sign_in(1, timestamp="yesterday"), 5, sign_in(3, id="n3"), sign_in(4, actor=None), None]
    a = c.post("/events", {"events": e}).want(200).json()
    need([i is None for i in a["event_ids"]] == [False, True, True, False, True, True], a)
    need([(x["index"], x["pointer"]) for x in a["errors"]] ==
         [(1, "/events/1/timestamp"), (2, "/events/2"), (4, "/events/4/actor"), (5, "/events/5")], a["errors"])
    lines = text(sign_in(7, id="n7")) + b'\n{"event_type": \n' + text(sign_in(8, id="n8")) + b"\n"
    a = c.post("/events", lines, headers=ND).want(200).json()
    need(a["accepted"] == 2 and [x["index"] for x in a["errors"]] == [1], a)
    d = c.post("/events", {"events": [sign_in(9, action=None), sign_in(9, timestamp="x")]}).problem(422)
    need([x["pointer"] for x in d["errors"]] == ["/events/0/action", "/events/1/timestamp"], d)


def a_record_sent_twice_is_one_event(l):
    c = l.tenant()
    one = c.send([sign_in(1)])[0]
    a = c.post("/events", {"events": [sign_in(2), sign_in(1), sign_in(2)]}).want(200).json()
    need((a["accepted"], a["duplicates"]) == (1, 2), a)
    need(a["event_ids"][1] == one and a["event_ids"][0] == a["event_ids"][2], a)
    need(c.send([sign_in(1, source="another")])[0] != one, "the same id of another source is another event")
    other = l.tenant()
    need(other.post("/events", {"events": [sign_in(1)]}).want(200).json()["accepted"] == 1, "another tenant's")


def raw_comes_back_byte_for_byte(l):
    c = l.tenant()
    records = [b'{ "Channel":"Microsoft-Windows-Sysmon/Operational" ,\t"EventID": 1,"Hostname":"h1",'
               b'"UtcTime":"2026-03-06 10:00:0%d.000","ProcessGuid":"{%d}","Image":"C:\\u005ca\\/b.exe","x":1.0,"y":1E+2,'
               b'"User":"D\\\\\xc3\xbc\\ud83d\\ude00"}' % (i, i) for i in range(5)]
    ids = c.post("/events?source=windows", records[0], headers=JSON).want(200).json()["event_ids"]
    ids += c.post("/events?source=windows", records[1] + b"\r\n" + records[2] + b"\n", headers=ND).want(200).json()["event_ids"]
    ids += c.post("/events?source=auto", b"[ " + records[3] + b" \n]", headers=JSON).want(200).json()["event_ids"]
    ids += c.post("/events", b'{"events":[{"source":"windows","labels":["x"],"raw": ' + records[4] + b" }]}",
                  headers=JSON).want(200).json()["event_ids"]
    need(None not in ids and len(ids) == 5, ids)
    for i, r in zip(ids, records):
        a = c.get(f"/events/{i}").want(200).json()
        need(a["raw"].encode() == r and a["raw_sha256"] == hashlib.sha256(r).hexdigest(), a["raw"])


def what_is_no_body_is_refused_whole(l):
    c = l.tenant()
    for body in (b"{", b'{"events":[', b"nul", b'{"a":1}}', b"\0", b"[" * 200000):
        c.post("/events", body, headers=JSON).problem(400)
    for kind in ("application/xml", "text/csv", "application/octet-stream"):
        c.post("/events", b"<x/>", headers={"Content-Type": kind}).problem(415)
    c.post("/events", b"{}", headers=dict(JSON, **{"Content-Encoding": "compress"})).problem(415)
    good = gzip.compress(text([sign_in(1)]))
    for body in (b"no gzip", good[:-9]):
        c.post("/events", body, headers=dict(JSON, **{"Content-Encoding": "gzip"})).problem(400)
    bomb = gzip.compress(b" " * (32 << 20), 9) * 12
    c.post("/events", bomb, headers=dict(JSON, **{"Content-Encoding": "gzip"})).problem(413)
    big = c.post("/events", [sign_in(1, metadata={"x": "y" * (2 << 20)}), sign_in(2)]).want(200).json()
    need(big["rejected"] == 1 and big["event_ids"][1], big)
    for method, path in (("DELETE", "/events"), ("PUT", "/events"), ("PATCH", "/causal/analyze"), ("DELETE", "/chains")):
        a = c.request(method, path, b"{}", headers=JSON)
        a.problem(405)
        need(method not in a.headers["allow"], a.headers["allow"])
    need(c.request("OPTIONS", "/events").want(204).headers["allow"] == "GET, HEAD, POST, OPTIONS", "Allow")


def filters_and_pages_give_exactly_what_matches(l):
    c = l.tenant()
    e = [sign_in(i, source="ab"[i % 2], event_type="xyz"[i % 3], actor=f"u{i % 5}@yard.example", target=f"pier{i % 4}",
                 mitre_techniques=["T1110.003"] if i % 10 == 0 else [], metadata={"note": f"needle{i:02d}"})
         for i in range(30)]
    ids = c.send(e)

    def found(**query):
        out, cursor = [], None
        for _ in range(20):
            q = urllib.parse.urlencode(dict(query, **({"cursor": cursor} if cursor else {})))
            a = c.get("/events?" + q).want(200)
            out += [x["event_id"] for x in a.json()["events"]]
            cursor = a.json()["next_cursor"]
            need(bool(cursor) == ("link" in a.headers), "Link")
            if not cursor:
                return out
        need(False, "pages without end", query)
    cases = [(dict(), lambda i: True), (dict(limit=7), lambda i: True), (dict(source="a"), lambda i: i % 2 == 0),
             (dict(event_type="y", limit=3), lambda i: i % 3 == 1), (dict(actor="u3@yard.example"), lambda i: i % 5 == 3),
             (dict(entity="u2@yard.example"), lambda i: i % 5 == 2), (dict(q="needle07"), lambda i: i == 7),
             (dict(technique="T1110.003"), lambda i: i % 10 == 0), (dict(source="b", actor="u1@yard.example"), lambda i: i % 10 == 1),
             (dict(since=lab.stamp(1.7e9 + 20)), lambda i: i >= 20), (dict(until=lab.stamp(1.7e9 + 4)), lambda i: i <= 4),
             (dict(actor="nobody"), lambda i: False)]
    for query, keep in cases:
        want = [x for i, x in reversed(list(enumerate(ids))) if keep(i)]
        need(found(**query) == want, query)
    for bad in ("limit=0", "limit=1001", "limit=x", "cursor=zz", "since=yesterday", "grade=SURE", "technique=T1"):
        c.get("/events?" + bad).problem(422)


def an_event_is_found_by_its_sender_s_own_id(l):
    c, d = l.tenant(), l.tenant()
    one = c.send([sign_in(1, id="ticket 4711/a"), sign_in(2, id="ticket 4711/a", source="gate"), sign_in(3)])
    d.send([sign_in(1, id="ticket 4711/a")])
    ids = lambda who, q: [e["event_id"] for e in who.get("/events?native_id=" + q).want(200).json()["events"]]
    need(sorted(ids(c, "ticket%204711%2Fa")) == sorted(one[:2]), ids(c, "ticket%204711%2Fa"))
    need(len(ids(c, "ticket%204711%2Fa&limit=1")) == 1 and ids(c, "ticket") == [] and ids(d, "sign-in-3") == [], "found too much")
    raw = {"uuid": "9f1c-77", "eventType": "user.session.start", "published": "2026-03-06T14:30:00Z", "actor": {"id": "00u1", "type": "User", "alternateId": "a@b.example"}}
    okta = c.post("/events?source=okta", raw).want(200).json()["event_ids"]
    need(ids(c, "9f1c-77") == okta, "not by the vendor's id")
    for bad in ("native_id=", "native_id=x&q=y", "native_id=x&since=2026-01-01T00:00:00Z"):
        need(c.get("/events?" + bad).problem(422)["errors"][0]["pointer"] == "/native_id", bad)


def odd_texts_survive(l):
    c = l.tenant()
    odd = ["\U0001f600\u200d", "e\u0301", "\u202eabc", "a\u2028b\u0085", 'q"\\/', "tab\t\x07\x1b\x7f", "<script>&amp;",
           "x'); DROP TABLE events; --", "%s%n${jndi:ldap://x}", "\ufeffx", "\U0010ffff\ufffd", "\u00fc" * 4000]
    e = [sign_in(i, id=f"odd-{i}", actor=t, target=t + ".", metadata={t[:99]: t}) for i, t in enumerate(odd)]
    for i, t in zip(c.send(e), odd):
        a = c.get(f"/events/{i}").want(200).json()
        need((a["actor"], a["target"], a["metadata"]) == (t, t + ".", {t[:99]: t}), repr(t), a["actor"])
    body = text([sign_in(50, id="good"), sign_in(51, actor="aXb")])
    for bad in (b"\\u0000", b"\xff", b"\\ud800", b"\xed\xa0\x80"):
        a = c.post("/events", body.replace(b"aXb", b"a" + bad + b"b"), headers=JSON).want(200).json()
        need(a["event_ids"][0] and a["event_ids"][1] is None, bad, a)


if __name__ == "__main__":
    lab.main(every_form_of_body_is_taken, one_bad_record_harms_no_neighbour, a_record_sent_twice_is_one_event,
             raw_comes_back_byte_for_byte, what_is_no_body_is_refused_whole,
             filters_and_pages_give_exactly_what_matches, an_event_is_found_by_its_sender_s_own_id, odd_texts_survive)
