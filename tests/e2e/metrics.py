#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""GET /metrics: figures that Prometheus takes, true, bounded in number, and each tenant's its own."""
import re, shutil, sqlite3, glob, os, subprocess

import lab
from lab import need

SAMPLE = re.compile(r'(trace_[a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')


def read(text):
    """By the format's own rules (exposition formats, text 0.0.4): -> {(name, labels): value}"""
    families, out, current = {}, {}, None
    need(text.endswith("\n") and "\r" not in text, "line ends")
    for line in text[:-1].split("\n"):
        m = re.fullmatch(r"# (HELP|TYPE) (trace_[a-z_]+) (.+)", line)
        if m:
            if m[1] == "HELP":
                need(m[2] not in families, m[2], "is told of twice")
                current = m[2]
            else:
                need(m[2] == current and m[3] in ("counter", "gauge"), line)
            families[m[2]] = m[3]
            continue
        m = SAMPLE.fullmatch(line)
        need(m, "no sample:", line)
        need(m[1] == current, line, "stands outside its family")
        need((families[current] == "counter") == current.endswith("_total"), current, "is named as another type")
        labels = tuple(LABEL.findall(m[2] or ""))
        need((m[1], labels) not in out, "twice:", line)
        out[m[1], labels] = float(m[3])
    return out


def scrape(c):
    a = c.get("/metrics").want(200)
    need(a.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8", a.headers)
    return read(a.body.decode("utf-8"))


def of(samples, name, **labels):
    return [v for (n, l), v in samples.items() if n == name and set(labels.items()) <= set(l)]


def admin(l, t):
    return l.key(t, "admin")


def operator(l, t):
    return l.key(t, "operator")


def figures_are_true(l):
    t = l.tenant("figures")
    ids = t.send(lab.break_in(1, "metrics"))
    t.post("/events", {"events": [lab.sign_in(i) for i in range(40)]}).want(200)
    m = scrape(admin(l, t))
    need(of(m, "trace_events_total", tenant="figures") == [45], m)
    need(of(m, "trace_events_lost_total") == [0], m)
    need(sum(of(m, "trace_source_events_total", tenant="figures")) == 45, m)
    need(of(m, "trace_source_events_total", source="windows") == [5], m)
    chains = t.chains()
    for grade in ("PROVABLE", "MIXED", "INFERRED"):
        need(of(m, "trace_chains", grade=grade) == [sum(c["confidence"] == grade for c in chains)], grade)
    need(sum(of(m, "trace_chains")) >= 1 and ids[4] in {n["event_id"] for c in chains for n in c["nodes"]}, chains)
    need(of(m, "trace_keys", state="active") == [2] and of(m, "trace_storage_bytes")[0] > 40000, m)
    need(of(m, "trace_source_last_event_timestamp_seconds", source="portal") == [1.7e9 + 39], m)


def prometheus_takes_it(l):
    t = l.tenant()
    t.send(lab.break_in(2, "metrics"))
    text = operator(l, t).get("/metrics").body
    if not shutil.which("promtool"):
        raise lab.Skip("promtool is not there (Debian package prometheus); the strict reader above has passed it")
    r = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=30)
    need(r.returncode == 0, r.stdout + r.stderr)


def a_tenant_sees_itself_alone(l):
    t, other = l.tenant("own"), l.tenant("foreign-tenant")
    other.send([lab.sign_in(1)])
    a = admin(l, t).get("/metrics").want(200)
    need(b"foreign-tenant" not in a.body and b"disk" not in a.body and b"trace_tenants" not in a.body, a.body)
    m = scrape(operator(l, t))
    need(of(m, "trace_events_total", tenant="foreign-tenant") == [1] and of(m, "trace_tenants")[0] >= 2, "not the server")
    need(of(m, "trace_disk_free_bytes")[0] > 0 and of(m, "trace_queue_max")[0] > 0, "no disk, no queue")
    for scope in ("read", "ingest", "analyze", "ai"):
        l.key(t, scope).get("/metrics").problem(403)
    l.anyone().get("/metrics").problem(401)


def names_are_data_and_their_number_is_bounded(l):
    t = l.tenant("many-sources")
    odd = 'x"} 1\ntrace_events_lost_total{tenant="own"} 9 \\ \u202e' + "n" * 500
    t.send([lab.sign_in(i, source=odd if i == 0 else f"source-{i}") for i in range(60)])
    m = scrape(admin(l, t))
    rows = [dict(k[1])["source"] for k in m if k[0] == "trace_source_events_total"]
    need(len(rows) == 21 and "(other)" in rows, len(rows), rows)
    need(sum(of(m, "trace_source_events_total")) == 60, "the sum")
    need(of(m, "trace_events_lost_total") == [0], "a name became a figure")
    t.send([lab.sign_in(100 + i, source=odd) for i in range(3)])
    rows = [dict(k[1])["source"] for k in scrape(admin(l, t)) if k[0] == "trace_source_events_total"]
    need(max(map(len, rows)) < 200 and any(r.startswith('x\\"} 1\u240atrace') for r in rows), rows)


def what_is_lost_is_told(l):
    """Rows taken out behind our back, as damage would."""
    t = l.tenant("loser")
    t.send([lab.sign_in(i) for i in range(10)])
    need(of(scrape(admin(l, t)), "trace_events_lost_total") == [0], "before")
    l.stop()
    for path in glob.glob(os.path.join(l.data, "tenants", "*", "graph.db")):
        with sqlite3.connect(path) as db:
            if db.execute("SELECT count(*) FROM event").fetchone() == (10,):
                db.execute("DELETE FROM event WHERE ev IN (SELECT ev FROM event LIMIT 3)")
        db.close()
    l.start()
    need(of(scrape(admin(l, t)), "trace_events_lost_total") == [3], "after")
    need(of(scrape(operator(l, t)), "trace_events_lost_total", tenant="loser") == [3], "to the operator")


if __name__ == "__main__":
    lab.main(figures_are_true, prometheus_takes_it, a_tenant_sees_itself_alone,
             names_are_data_and_their_number_is_bounded, what_is_lost_is_told)
