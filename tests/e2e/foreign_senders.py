#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Senders made for others, unmodified: Splunk HEC, CloudEvents, OpenTelemetry logs, and what Fluent Bit's http
output and Vector's http sink send. A record that we know is the same event whoever carried it here."""
import gzip, json

import lab
from lab import need

COLLECTOR = "/services/collector"


def splunk(c, path, body, key=None, **headers):
    """As Splunk's senders do: their path, their scheme, no content type of ours."""
    if isinstance(body, (dict, list)):
        body = json.dumps(body)
    h = {"Authorization": f"Splunk {key or c.key}", **headers}
    return c.on("").post(COLLECTOR + path, body.encode() if isinstance(body, str) else body, headers=h, key=False)


def success(a):
    d = a.want(200).json()
    need(d["text"] == "Success" and d["code"] == 0 and d["ackId"] > 0, d)


def told(a, status, code):
    d = a.want(status).json()
    need(d["code"] == code and d["text"] and d["status"] == status, d)
    return d


def stored(c, **query):
    q = "&".join(f"{k}={v}" for k, v in query.items())
    return [c.get(f"/events/{e['event_id']}").want(200).json() for e in c.get(f"/events?limit=1000&{q}").want(200).json()["events"]]


# ------------------------------------------------------------------------------ HEC

def hec_takes_objects_one_behind_the_other(l):
    c = l.tenant()
    body = json.dumps({"event": {"action": "login", "user": {"name": "kim"}, "src_ip": "203.0.113.9"}, "time": 1.7e9,
                       "host": "web-1", "sourcetype": "portal:json", "fields": {"zone": "dmz"}})
    body += json.dumps({"event": "Failed password for root from 203.0.113.8 port 22", "time": "1700000001.25",
                        "host": "web-2", "source": "/var/log/auth.log", "sourcetype": "linux_secure"}, indent=1)
    success(splunk(c, "/event", body))
    e, = stored(c, source="portal:json")
    need((e["timestamp"], e["host"], e["actor"], e["action"]) == ("2023-11-14T22:13:20.000Z", "web-1", "kim", "login"), e)
    need(json.loads(e["raw"]) == {"action": "login", "user": {"name": "kim"}, "src_ip": "203.0.113.9"}, e["raw"])
    need(e["metadata"]["hec"]["fields"] == {"zone": "dmz"}, e["metadata"])
    need(any(x["kind"] == "ip" and x["name"] == "203.0.113.9" for x in e["entities"]), e["entities"])
    e, = stored(c, source="linux_secure")
    need((e["timestamp"], e["host"], e["raw"]) == ("2023-11-14T22:13:21.250Z", "web-2",
                                                   "Failed password for root from 203.0.113.8 port 22"), e)
    need(e["target"] == e["raw"] and e["metadata"]["hec"]["source"] == "/var/log/auth.log", e)


def hec_carries_records_that_we_know(l):
    """The incident as a forwarder sends it makes the same chain, and nothing twice with what came directly."""
    direct, carried = l.tenant(), l.tenant()
    events = [e["raw"] for e in lab.break_in(1, "hec")]
    ndjson = "\n".join(map(json.dumps, events)).encode()
    direct.post("/events?source=windows", ndjson, headers={"Content-Type": "application/x-ndjson"}).want(200)
    success(splunk(carried, "/event", "".join(json.dumps({"event": e, "sourcetype": "XmlWinEventLog" if i % 2 else "_json",
                                                          "time": 1.9e9 + i}) for i, e in enumerate(events))))
    need(sorted(e["timestamp"] for e in stored(carried)) == sorted(e["timestamp"] for e in stored(direct)), "times of the records")
    need({e["source"] for e in stored(carried)} == {"windows"}, "sources")
    edges = lambda c: sorted((e["rule"], e["grade"]) for x in c.chains() for e in x["edges"])
    need(edges(carried) == edges(direct), edges(carried), edges(direct))
    success(splunk(carried, "/event", json.dumps({"event": events[0], "time": 1.95e9})))
    carried.post("/events?source=windows", ndjson, headers={"Content-Type": "application/x-ndjson"}).want(200)
    need(len(stored(carried)) == len(events), "a record was counted twice")


def hec_retries_count_once_and_equal_lines_do_not_fold(l):
    c = l.tenant()
    batch = "".join(json.dumps({"event": "link up", "time": 1.7e9 + i, "host": "sw-1"}) for i in range(20))
    for _ in range(3):
        success(splunk(c, "/event", batch))
    need(len(stored(c)) == 20, len(stored(c)))


def hec_answers_as_its_senders_know_it(l):
    c = l.tenant()
    one = {"event": "x", "time": 1.7e9}
    told(c.on("").post(COLLECTOR + "/event", b"{}", key=False), 401, 2)
    told(splunk(c, "/event", one, key="tra_nonsense"), 403, 4)
    told(splunk(c, "/event", one, key=l.key(c, "read").key), 403, 4)
    told(splunk(c, "/event", ""), 400, 5)
    told(splunk(c, "/event", "{"), 400, 6)
    told(splunk(c, "/event", '{"event":"a"}{"event":'), 400, 6)
    told(splunk(c, "/event", {"time": 1}), 400, 12)
    told(splunk(c, "/event", {"event": ""}), 400, 13)
    need(not stored(c), "something was kept")
    d = told(splunk(c, "/event", json.dumps(one) + '{"event":""}' + json.dumps({"event": "y", "time": 1.7e9})), 400, 13)
    need(d["invalid-event-number"] == 1 and d["kept"] == 2 and len(stored(c)) == 2, d)
    told(splunk(c, "/event", {"event": "x", "time": "yesterday"}), 400, 6)
    slow = l.tenant(rate=5)
    answers = [splunk(slow, "/event", one) for _ in range(8)]
    d = told(answers[-1], 429, 9)
    need(answers[-1].headers["retry-after"] and answers[0].status == 200, d)


def hec_has_its_other_paths(l):
    c = l.tenant()
    for path in ("", "/event", "/event/1.0"):
        success(splunk(c, path, {"event": "at " + (path or "/"), "time": 1.7e9}))
    success(splunk(c, "/event", gzip.compress(json.dumps({"event": "packed", "time": 1.7e9}).encode()),
                   **{"Content-Encoding": "gzip"}))
    success(splunk(c, "/event", [{"event": "a", "time": 1.7e9}, {"event": "b", "time": 1.7e9}]))
    success(splunk(c, "/raw?sourcetype=nginx&host=edge&channel=00000000-0000-0000-0000-000000000000",
                   "10.0.0.1 GET /a\r\n\n10.0.0.2 GET /b \u00e4\n" + json.dumps({"ts": "2026-01-01T00:00:00Z", "msg": "c"})))
    lines = {e["raw"]: e for e in stored(c, source="nginx")}
    need(set(lines) == {"10.0.0.1 GET /a", "10.0.0.2 GET /b \u00e4", '{"ts": "2026-01-01T00:00:00Z", "msg": "c"}'}, lines)
    need({e["host"] for e in lines.values()} == {"edge"}, lines)
    need(splunk(c, "/ack?channel=x", {"acks": [0, 7]}).want(200).json() == {"acks": {"0": True, "7": True}}, "acks")
    told(splunk(c, "/ack", {"nothing": 1}), 400, 6)
    for path in ("/health", "/health/1.0"):
        need(c.on("").get(COLLECTOR + path, key=False).want(200).json() == {"text": "HEC is healthy", "code": 17}, path)
    c.on("").get(COLLECTOR + "/nowhere").problem(404)


def envelopes_prove_nothing(l):
    """Identifiers in an envelope's fields link nothing; hostile ones do no harm."""
    c = l.tenant()
    deep = '{"event":' + '{"a":' * 200 + "1" + "}" * 200 + "}"
    need(told(splunk(c, "/event", deep + json.dumps({"event": "ok", "time": 1.7e9})), 400, 6)["kept"] == 1, "a neighbour was harmed")
    for event in (None, [1, 2], 7, True, {"time": "x"}, "\u202e<script>" + "n" * 20000, {"raw": "x", "source": "windows"}):
        splunk(c, "/event", {"event": event, "time": 1.7e9, "host": "\u202e<b>", "sourcetype": "windows"}).want(200, 400)
    success(splunk(c, "/event", "".join(json.dumps({"event": f"line {i}", "time": 1.7e9 + i, "fields": {"ProcessGuid": "{1}"}}) for i in range(5))))
    need(not c.chains() and not c.get("/causal/edges").want(200).lines(), "an envelope made a link")


# -------------------------------------------------------------------- CloudEvents, OTLP

def cloud_event(n, **over):
    e = {"specversion": "1.0", "id": f"e-{n}", "source": "/ships/berth", "type": "example.berth.taken", "subject": f"berth-{n}",
         "time": "2026-03-01T10:00:00Z", "datacontenttype": "application/json", "data": {"ship": n, "user": {"name": "mate"}}}
    e.update(over)
    return {k: v for k, v in e.items() if v is not None}


def post_cloud(c, body, batch=False, query=""):
    kind = "application/cloudevents-batch+json" if batch else "application/cloudevents+json"
    return c.post("/events" + query, json.dumps(body).encode(), headers={"Content-Type": kind + "; charset=utf-8"})


def cloudevents_come_alone_and_in_batches(l):
    c = l.tenant()
    i, = post_cloud(c, cloud_event(1)).want(200).json()["event_ids"]
    e = c.get(f"/events/{i}").want(200).json()
    need((e["source"], e["event_type"], e["target"], e["timestamp"], e["actor"]) ==
         ("/ships/berth", "example.berth.taken", "berth-1", "2026-03-01T10:00:00.000Z", "mate"), e)
    need(json.loads(e["raw"]) == {"ship": 1, "user": {"name": "mate"}} and e["metadata"]["cloudevents"]["id"] == "e-1", e)
    a = post_cloud(c, [cloud_event(1), cloud_event(2), cloud_event(3, specversion="0.3"), cloud_event(4, id=None), 5,
                       cloud_event(6, data="plain text"), cloud_event(7, data=None), cloud_event(8, time=None)], True).want(200).json()
    need((a["accepted"], a["duplicates"], a["rejected"]) == (4, 1, 3), a)
    need([e["pointer"] for e in a["errors"]] == ["/2/specversion", "/3/id", "/4"], a["errors"])
    post_cloud(c, cloud_event(9, specversion=None)).problem(422)


def cloudevents_carry_records_that_we_know(l):
    direct, carried = l.tenant(), l.tenant()
    events = [e["raw"] for e in lab.break_in(2, "cloudevents")]
    direct.post("/events?source=windows", {"events": events}).want(200)
    post_cloud(carried, [cloud_event(i, data=e) for i, e in enumerate(events)], True).want(200)
    edges = lambda c: sorted((e["rule"], e["grade"]) for x in c.chains() for e in x["edges"])
    need(edges(carried) == edges(direct) != [], edges(carried), edges(direct))


def log_record(n, body, **over):
    return {"timeUnixNano": str(1_700_000_000_000_000_000 + n), "severityNumber": 9, "severityText": "INFO",
            "body": {"stringValue": body}, "attributes": [{"key": "user.name", "value": {"stringValue": "kim"}}], **over}


def otlp(*records):
    return {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "berths"}},
                                                          {"key": "host.name", "value": {"stringValue": "node-1"}}]},
                              "scopeLogs": [{"scope": {"name": "x"}, "logRecords": list(records)}]}]}


def opentelemetry_logs_come_under_their_own_path(l):
    c = l.tenant()
    for base in ("/v1", "/api/v1"):
        a = c.on(base).post("/logs", otlp(log_record(1, "berth taken"), log_record(2, "berth taken"))).want(200)
        need(a.json() == {"partialSuccess": {}}, a.json())
    e = stored(c, source="berths")
    need(len(e) == 2 and {x["timestamp"] for x in e} == {"2023-11-14T22:13:20.000000001Z", "2023-11-14T22:13:20.000000002Z"}, e)
    need((e[0]["host"], e[0]["actor"], e[0]["action"], e[0]["target"]) == ("node-1", "kim", "INFO", "berth taken"), e[0])
    need(json.loads(e[0]["raw"])["body"] == {"stringValue": "berth taken"}, e[0]["raw"])
    a = c.post("/logs", otlp(log_record(3, "good"), 7)).want(200).json()
    need(a["partialSuccess"]["rejectedLogRecords"] == "1" and "/resourceLogs/0/scopeLogs/0/logRecords/1" in a["partialSuccess"]["errorMessage"], a)
    c.post("/logs", otlp(8)).problem(400)
    c.post("/logs", b"{").problem(400)
    c.post("/logs", {}).want(200)
    c.post("/logs", b"\x0a\x00", headers={"Content-Type": "application/x-protobuf"}).problem(415)
    l.key(c, "read").post("/logs", {}).problem(403)


def opentelemetry_carries_records_that_we_know(l):
    """A collector that tails a file of records sends each as a string."""
    direct, carried = l.tenant(), l.tenant()
    events = [e["raw"] for e in lab.break_in(3, "otlp")]
    direct.post("/events?source=windows", {"events": events}).want(200)
    carried.on("/v1").post("/logs", otlp(*(log_record(i, json.dumps(e)) for i, e in enumerate(events)))).want(200)
    need(sorted(e["raw_sha256"] for e in stored(carried)) == sorted(e["raw_sha256"] for e in stored(carried, source="windows")), "sources")
    edges = lambda c: sorted((e["rule"], e["grade"]) for x in c.chains() for e in x["edges"])
    need(edges(carried) == edges(direct) != [], edges(carried), edges(direct))


# ----------------------------------------------------------------- Fluent Bit, Vector

def fluent_bit_and_vector_send_lists_and_lines(l):
    c = l.tenant()
    records = [{"date": 1.7e9 + i, "log": f"line {i}", "host": "node-2"} for i in range(3)]                        # Fluent Bit
    records += [{"timestamp": f"2026-03-01T10:00:0{i}.5Z", "message": f"m {i}", "host": "node-3", "source_type": "file"} for i in range(3)]  # Vector
    a = c.post("/events?source=auto", json.dumps(records).encode(), headers={"Content-Type": "application/json"}).want(200).json()
    need(a["accepted"] == 6, a)
    a = c.post("/events?source=auto", "\n".join(map(json.dumps, records)).encode(),
               headers={"Content-Type": "application/x-ndjson"}).want(200).json()
    need(a["duplicates"] + a["accepted"] == 6, a)
    need({e["host"] for e in stored(c)} == {"node-2", "node-3"}, "hosts")


if __name__ == "__main__":
    lab.main(hec_takes_objects_one_behind_the_other, hec_carries_records_that_we_know,
             hec_retries_count_once_and_equal_lines_do_not_fold, hec_answers_as_its_senders_know_it, hec_has_its_other_paths,
             envelopes_prove_nothing, cloudevents_come_alone_and_in_batches, cloudevents_carry_records_that_we_know,
             opentelemetry_logs_come_under_their_own_path, opentelemetry_carries_records_that_we_know,
             fluent_bit_and_vector_send_lists_and_lines)
