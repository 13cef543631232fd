#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Webhooks whose receivers hang, flood, drip, redirect, answer 500 or 410, or
are not who they say; and a sender that is killed in the middle."""
import atexit, contextlib, os, shutil, signal, sqlite3, ssl, subprocess, tempfile, time
import lab
from lab import break_in, need, until
from receivers import Receiver, drips, floods, hangs, nobody, redirects, reply, says

FOLDER = tempfile.mkdtemp(prefix="tra-ce-tls-")
os.chmod(FOLDER, 0o755)                             # the service may run as another user
atexit.register(shutil.rmtree, FOLDER, True)
CONF = f"""[webhooks]
allow = 127.0.0.0/8
ports = 1-65535
https_only = no
ca_file = {FOLDER}/ca.pem
timeout = 2s
retries = 1s
give_up = 60s
"""
THRESHOLD = ["chain.threshold"]


def hook(admin, r, **more):
    return admin.post("/webhooks", {"url": r if isinstance(r, str) else r.url, "events": THRESHOLD, **more}).want(201).json()


def pair(l):
    t = l.tenant()
    return t, l.key(t, "admin")


def deliveries(admin, h, query=""):
    return admin.get(f"/webhooks/{h['webhook_id']}/deliveries{query}").want(200).json()["deliveries"]


def unasked():
    if lab.SERVER == "fcgid":
        raise lab.Skip("mod_fcgid starts no responder that nobody asks: there cron sends (tra-ce webhook send)")


def sender(l):
    """Process ids of the webhooks responder."""
    found = []
    for pid in l.alive():
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                if "/webhooks.fcgi" in f.read():
                    found.append(pid)
        except OSError:
            pass
    return found


def certificate(name, address):
    """A key and a certificate that stands for itself -> (pem of both, certificate alone)."""
    key, cert = os.path.join(FOLDER, name + ".key"), os.path.join(FOLDER, name + ".pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                    "-addext", f"subjectAltName=IP:{address}", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


TRUSTED = certificate("ca", "127.0.0.1")            # ca.pem: what ca_file trusts
STRANGER = certificate("stranger", "127.0.0.1")
MISNAMED = certificate("misnamed", "127.0.0.2")


def no_receiver_slows_another(l):
    t, admin = pair(l)
    _, other = pair(l)
    elsewhere = Receiver()
    bad = [Receiver(a) for a in (hangs, floods, drips, redirects("http://169.254.169.254/latest/meta-data/"), says(500), hangs, hangs)]
    good = [Receiver(), Receiver(lambda h, n: (time.sleep(0.3), reply(h, 200)))]
    hooks = [hook(admin, r) for r in bad] + [hook(admin, nobody())]
    fine = [hook(admin, r) for r in good]
    h = hook(other, elsewhere)
    late = []
    for n in range(6):
        begin = time.monotonic()
        t.send(break_in(n, "slow"))
        other.post(f"/webhooks/{h['webhook_id']}/test").want(200)
        need(until(lambda: len(good[0].messages()) > n and len(elsewhere.messages()) > n, 10), n, len(good[0].messages()))
        late.append(time.monotonic() - begin)
    print("        told after", " ".join(f"{x * 1000:.0f}" for x in late), "ms")
    need(sorted(late)[3] < 1.5, "the good ones wait for the bad ones", late)
    need(until(lambda: len(good[1].messages()) == 6, 10), "the slow one", len(good[1].messages()))
    status = until(lambda: all(deliveries(admin, x)[-1]["last_attempt_at"] for x in hooks), 20, 0.2)
    need(status, "some were never tried", [deliveries(admin, x)[-1] for x in hooks])
    said = [deliveries(admin, x)[-1] for x in hooks]
    for d, words in zip(said, ("time", "500", "time", "redirects to http://169.254.169.254", "500", "time", "time", "connect")):
        need(d["status"] == "waiting" and words in d["last_error"].lower(), words, d)
    need(said[3]["last_status"] == 307 and said[0]["last_status"] is None, said)
    need(all(set(r.ids()) <= {d["delivery_id"] for d in deliveries(admin, x)} for r, x in zip(bad, hooks)), "strange ids")
    for x in fine:
        need(until(lambda: len(deliveries(admin, x, "?status=delivered")) == 6, 5), deliveries(admin, x))
    for r in bad + good + [elsewhere]:
        r.stop()


def what_failed_comes_again_under_the_same_id(l):
    t, admin = pair(l)
    r = Receiver(says(500, 503, 200))
    h = hook(admin, r)
    t.send(break_in(1, "again"))
    need(until(lambda: len(r.messages()) == 3, 15), r.ids())
    need(len(set(r.ids())) == 1 and len({m.body for m in r.messages()}) == 1, r.ids())
    need(all(m.signed_by(h["secret"]) == 1 for m in r.messages()), "signatures")
    stamps = [int(m.headers["webhook-timestamp"]) for m in r.messages()]
    need(stamps[0] < stamps[2] and all(abs(s - m.at) < 2 for s, m in zip(stamps, r.messages())), "timestamps are not the attempts'", stamps)
    d = until(lambda: deliveries(admin, h, "?status=delivered"), 5)
    need(d and d[0]["attempts"] == 3 and d[0]["last_error"] is None and d[0]["delivery_id"] == r.ids()[0], d)
    time.sleep(1.5)
    need(len(r.messages()) == 3, "sent after its receipt")
    r.stop()


def retry_after_is_waited_for(l):
    _, admin = pair(l)
    r = Receiver(lambda h, n: reply(h, 429, [("Retry-After", "4")]) if n == 1 else reply(h, 200))
    h = hook(admin, r)
    admin.post(f"/webhooks/{h['webhook_id']}/test").want(200)
    need(until(lambda: len(r.messages()) == 2, 10), r.ids())
    first, second = r.messages()
    need(second.at - first.at >= 3.9, second.at - first.at)
    r.stop()


def one_that_its_receiver_cannot_take_holds_up_no_other(l):
    t, admin = pair(l)
    poison = []

    def picky(h, n):
        body = r.messages()[n - 1].json()
        if not poison:
            poison.append(body["data"]["chain_id"])
        reply(h, 500 if body["data"]["chain_id"] == poison[0] else 200)
    r = Receiver(picky)
    h = hook(admin, r)
    t.send(break_in(0, "poison"))
    need(until(r.messages, 5), "not told")
    for n in range(1, 5):
        t.send(break_in(n, "poison"))
    need(until(lambda: len(deliveries(admin, h, "?status=delivered")) == 4, 8), deliveries(admin, h))
    left = deliveries(admin, h, "?status=waiting")
    need(len(left) == 1 and left[0]["attempts"] >= 1, left)
    r.stop()


def after_410_nothing_is_sent_any_more(l):
    t, admin = pair(l)
    r = Receiver(says(410))
    h = hook(admin, r)
    t.send(break_in(1, "gone"))
    gone = until(lambda: (lambda x: None if x["enabled"] else x)(admin.get(f"/webhooks/{h['webhook_id']}").json()), 5)
    need(gone and "410" in gone["disabled_because"], gone)
    need([d["status"] for d in deliveries(admin, h)] == ["dead"], deliveries(admin, h))
    t.send(break_in(2, "gone"))
    time.sleep(1.5)
    need(len(r.messages()) == 1, r.ids())
    on = admin.request("PATCH", f"/webhooks/{h['webhook_id']}", {"enabled": True}).want(200).json()
    need(on["enabled"] and on["disabled_because"] is None, on)
    r.stop()


def a_receiver_that_comes_back_gets_all_that_waited(l):
    t, admin = pair(l)
    down = [True]
    r = Receiver(lambda h, n: reply(h, 503 if down[0] else 200))
    h = hook(admin, r)
    for n in range(8):
        t.send(break_in(n, "back"))
    need(until(lambda: len(r.messages()) >= 4, 10), r.ids())
    down[0] = False
    need(until(lambda: len(deliveries(admin, h, "?status=delivered")) == 8, 15), deliveries(admin, h))
    need(len(set(r.ids())) == 8, "ids", len(set(r.ids())))
    r.stop()


def tls_is_verified(l):
    _, admin = pair(l)
    good, stranger, misnamed = Receiver(tls=TRUSTED), Receiver(tls=STRANGER), Receiver(tls=MISNAMED)
    hooks = [hook(admin, r) for r in (good, stranger, misnamed)]
    for h in hooks:
        admin.post(f"/webhooks/{h['webhook_id']}/test").want(200)
    need(until(good.messages, 5) and good.messages()[0].signed_by(hooks[0]["secret"]) == 1, "not delivered by TLS", deliveries(admin, hooks[0]))
    for r, h in ((stranger, hooks[1]), (misnamed, hooks[2])):
        d = until(lambda: [x for x in deliveries(admin, h) if x["last_error"]], 5)
        need(d and ("certificate" in d[0]["last_error"].lower() or "ssl" in d[0]["last_error"].lower()), deliveries(admin, h))
        need(not r.messages(), "a request went to a stranger")
    for r in (good, stranger, misnamed):
        r.stop()


def the_address_is_judged_on_every_attempt(l):
    """A webhook that was made while its address was allowed."""
    unasked()
    _, admin = pair(l)
    r = Receiver()
    h = hook(admin, r)
    conf = l.conf
    l.stop()
    l.conf = conf.replace("allow = 127.0.0.0/8", "allow = 10.0.0.0/8")
    l.start()
    try:
        admin.post("/webhooks", {"url": r.url, "events": THRESHOLD}).problem(422)
        admin.post(f"/webhooks/{h['webhook_id']}/test").want(200)
        d = until(lambda: [x for x in deliveries(admin, h) if x["last_error"]], 5)
        need(d and "not a public one" in d[0]["last_error"] and d[0]["last_status"] is None, d)
        need(not r.messages(), "it was sent all the same")
    finally:
        l.stop()
        l.conf = conf
        l.start()
    need(until(r.messages, 10) and r.ids() == [d[0]["delivery_id"]], "not sent once it may be", deliveries(admin, h))
    r.stop()


def a_killed_sender_loses_nothing_and_renames_nothing(l):
    unasked()
    t, admin = pair(l)
    slow = [Receiver(lambda h, n: (time.sleep(0.02 * (n % 4)), reply(h, 200))) for _ in range(3)]
    hooks = [hook(admin, r) for r in slow]
    chains, kills, dead = 21, 0, set()
    for n in range(chains):
        t.send(break_in(n, "kill"))
        if n % 3 == 2:
            fresh = until(lambda: set(sender(l)) - dead, 10)        # the web server has started it anew
            need(fresh, "no sender")
            for pid in fresh:
                os.kill(pid, signal.SIGKILL)
                kills += 1
            dead |= fresh
    want = {c["chain_id"] for c in t.chains()}
    need(len(want) == chains and kills >= 5, len(want), kills)
    until(lambda: admin.request("GET", "/webhooks").status == 200, 10, 0.2)
    done = until(lambda: all(len(deliveries(admin, h, "?status=delivered&limit=1000")) == chains for h in hooks), 40, 0.3)
    need(done, "not all delivered", [len(deliveries(admin, h, "?status=delivered&limit=1000")) for h in hooks])
    twice = 0
    for r, h in zip(slow, hooks):
        ids = {}
        for m in r.messages():
            ids.setdefault(m.json()["data"]["chain_id"], set()).add((m.headers["webhook-id"], m.body))
            need(m.signed_by(h["secret"]) == 1, "signature")
        need(set(ids) == want, "chains missing or strange", len(ids))
        need(all(len(x) == 1 for x in ids.values()), "a chain was told under two ids", [x for x in ids.values() if len(x) > 1][:1])
        twice += len(r.messages()) - chains
    print(f"        {kills} kills, {chains * len(hooks)} deliveries, {twice} of them repeated under their id")
    for r in slow:
        r.stop()


def a_server_stopped_in_between_goes_on_where_it_was(l):
    unasked()
    t, admin = pair(l)
    r = Receiver(lambda h, n: (time.sleep(0.1), reply(h, 200)))
    h = hook(admin, r)
    for n in range(10):
        t.send(break_in(n, "stop"))
    l.stop()
    before = r.ids()
    l.start()
    need(until(lambda: len(deliveries(admin, h, "?status=delivered")) == 10, 20, 0.2), deliveries(admin, h))
    need(len(set(r.ids())) == len(r.ids()) == 10 and len(before) < 10, "a stop in order repeats nothing", len(r.ids()), len(before))
    r.stop()


def a_place_beyond_the_logs_end_is_brought_back(l):
    """As after a restore of a graph that is older than hooks.db."""
    unasked()
    t, admin = pair(l)
    r = Receiver()
    h = hook(admin, r)
    l.stop()
    with contextlib.closing(sqlite3.connect(os.path.join(l.data, "hooks.db"))) as db, db:
        db.execute("UPDATE hook SET position = position + 1000000000000000 WHERE id = ?", (h["webhook_id"],))
    l.start()
    t.send(break_in(1, "restored"))
    need(until(r.messages, 5), "not told", deliveries(admin, h))
    r.stop()


if __name__ == "__main__":
    lab.main(no_receiver_slows_another, what_failed_comes_again_under_the_same_id, retry_after_is_waited_for,
             one_that_its_receiver_cannot_take_holds_up_no_other, after_410_nothing_is_sent_any_more,
             a_receiver_that_comes_back_gets_all_that_waited, tls_is_verified, the_address_is_judged_on_every_attempt,
             a_killed_sender_loses_nothing_and_renames_nothing, a_server_stopped_in_between_goes_on_where_it_was,
             a_place_beyond_the_logs_end_is_brought_back, conf=CONF)
