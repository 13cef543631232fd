#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""When a session ends. The configuration makes its times short."""
import time
import lab
from lab import Person, need, until

CONF = "[panel]\nsession_idle = 3s\nsession_most = 8s\n"


def a_session_ends_idle_at_last_and_with_its_account(l):
    p, q, r = (l.person(x, sign_in=False) for x in ("idle", "busy", "gone"))
    begin = time.monotonic()
    for x in (p, q, r):
        x.sign_in().want(200)
    token = r.cookie
    r.request("DELETE", "/admin/session").want(204)
    r.cookie = token
    r.get("/admin/administrators").problem(401)     # signed out for good, not only forgotten
    while time.monotonic() - begin < 5:
        q.get("/admin/administrators").want(200)
        time.sleep(0.5)
    p.get("/admin/administrators").problem(401)     # idle for more than 3 s
    need(until(lambda: q.get("/admin/administrators").status == 401, 10, 0.3), "busy for ever")
    p.sign_in().want(200)
    l.tool("admin", "remove", p.name)
    p.get("/admin/administrators").problem(401)
    p.sign_in().problem(401)


def a_new_password_ends_every_session(l):
    p = l.person("changer", sign_in=False)
    p.sign_in().want(200)
    q = Person(l, p.name)
    q.sign_in().want(200)
    p.request("PATCH", "/admin/session", {"password": "wrong one here", "new_password": "another " + p.PASSWORD}).problem(422)
    p.request("PATCH", "/admin/session", {"password": p.PASSWORD, "new_password": "short"}).problem(422)
    p.request("PATCH", "/admin/session", {"password": p.PASSWORD, "new_password": "another " + p.PASSWORD}).want(204)
    for x in (p, q):
        x.get("/admin/administrators").problem(401)
    p.sign_in().problem(401)
    p.sign_in("another " + p.PASSWORD).want(200)
    token = l.tool("admin", "reset", p.name)["token"]
    p.post("/admin/claim", {"token": token, "name": "somebody else", "password": p.PASSWORD}).problem(404)
    p.post("/admin/claim", {"token": token, "name": p.name, "password": p.PASSWORD}).want(201)
    p.sign_in().want(200)


if __name__ == "__main__":
    lab.main(a_session_ends_idle_at_last_and_with_its_account, a_new_password_ends_every_session, conf=CONF)
