#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""When a session ends. The configuration makes its times short."""
import time
import lab
from lab import Skip, need, until

CONF = "[panel]\nsession_idle = 5s\nsession_most = 15s\n"


def a_session_ends_idle_at_last_and_with_its_account(l):
    p, q, r = (l.person(x, sign_in=False) for x in ("idle", "busy", "gone"))
    begin = time.monotonic()
    for x in (p, q, r):
        x.sign_in().want(200)
    token = r.cookie
    r.request("DELETE", "/admin/session").want(204)
    r.cookie = token
    r.get("/admin/administrators").problem(401)     # signed out for good, not only forgotten
    last = time.monotonic()
    while time.monotonic() - begin < 9:
        a = q.get("/admin/administrators")
        if a.status != 200 and time.monotonic() - last > 4:
            raise Skip("the machine is too busy to use a session every 5 s")
        a.want(200)
        last = time.monotonic()
        time.sleep(0.5)
    p.get("/admin/administrators").problem(401)     # idle for more than 5 s
    need(until(lambda: q.get("/admin/administrators").status == 401, 15, 0.3), "busy for ever")
    p.sign_in().want(200)
    l.tool("admin", "remove", p.name)
    p.get("/admin/administrators").problem(401)
    p.sign_in().problem(401)


if __name__ == "__main__":
    lab.main(a_session_ends_idle_at_last_and_with_its_account, conf=CONF)
