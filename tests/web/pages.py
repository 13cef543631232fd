#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the web server promises of the pages, console and panel alike."""
import http.client, os
import browser
from browser import need
from lab import ROOT

POLICY = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
          "connect-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'", "form-action": "'self'",
          "require-trusted-types-for": "'script'", "trusted-types": "'none'"}


def ask(l, path, **headers):
    c = http.client.HTTPConnection("127.0.0.1", l.port, timeout=30)
    c.request("GET", path, None, headers)
    r = c.getresponse()
    r.body = r.read()
    c.close()
    return r


def every_page_forbids_what_it_does_not_need(l, b):
    for path in ("/", "/index.html", "/no-such-page", "/admin/no-such-page"):
        r = ask(l, path)
        said = dict(x.strip().split(" ", 1) for x in r.headers["Content-Security-Policy"].split(";"))
        need(said == POLICY, path, said)
        need(r.headers["X-Content-Type-Options"] == "nosniff" and r.headers["Referrer-Policy"] == "no-referrer", path)


def a_page_is_asked_for_again_and_not_sent_again(l, b):
    r = ask(l, "/")
    need(r.headers["Cache-Control"] == "no-cache" and r.headers["ETag"], r.headers.items())
    need(ask(l, "/", **{"If-None-Match": r.headers["ETag"]}).status == 304, "sent again")


def the_api_s_answers_are_not_pages(l, b):
    r = ask(l, "/api/v1/openapi.json")
    need(r.status == 200 and "Content-Security-Policy" not in r.headers, r.headers.items())


def nothing_beside_the_pages_is_served(l, b):
    for path in ("/conf/lighttpd.conf", "/../openapi.json", "/admin/../../conf/lighttpd.conf", "/admin/..%2fconf/lighttpd.conf",
                 "/admin..%2fconf/lighttpd.conf", "/admin../conf/lighttpd.conf", "/.git/config"):
        need(ask(l, path).status in (400, 403, 404), path, ask(l, path).status)


def no_page_holds_markup_that_its_policy_forbids(l, b):
    for folder in ("console", "admin"):
        for at, _, names in os.walk(os.path.join(ROOT, "www", folder)):
            for n in names:
                if n.endswith((".html", ".js", ".css")) and "vendor" not in at:
                    with open(os.path.join(at, n), encoding="utf-8") as f:
                        text = f.read()
                    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "style=\"", " onclick=",
                                 "javascript:", "localStorage"):
                        need(word not in text, os.path.join(folder, n), "has", word)


def the_console_opens_without_complaint(l, b):
    b.open("/")
    b.see("h1", "TRA-CE")
    need(b.wide() <= 0, "wider than its window by", b.wide())


browser.main(every_page_forbids_what_it_does_not_need, a_page_is_asked_for_again_and_not_sent_again,
             the_api_s_answers_are_not_pages, nothing_beside_the_pages_is_served,
             no_page_holds_markup_that_its_policy_forbids, the_console_opens_without_complaint)
