#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GET /chains?brief=1: the same chains in the same order, a line each."""
import lab
from lab import break_in, need


def a_line_says_what_the_chain_says(l):
    c = l.tenant()
    for n in range(7):
        c.send(break_in(n, "brief"))
    whole = c.get("/chains").want(200).json()["chains"]
    brief = c.get("/chains?brief=1").want(200).json()["chains"]
    need([x["chain_id"] for x in brief] == [x["chain_id"] for x in whole] and len(brief) >= 7, "other chains")
    for b, w in zip(brief, whole):
        for k in b.keys() & w.keys() - {"truncated"}:
            need(b[k] == w[k], k, b[k], w[k])
        need((b["events"], b["links"]) == (len(w["nodes"]), len(w["edges"])), "counts", b)
        need(b["hosts"] == list(dict.fromkeys(n["host"] for n in w["nodes"] if n["host"])), "hosts", b["hosts"])
        need(b["sources"] == list(dict.fromkeys(n["source"] for n in w["nodes"])), "sources", b["sources"])
        need(b["truncated"] == (w["truncated"] is not None), "truncated", b)
    need("nodes" in c.get("/chains?brief=0").json()["chains"][0], "brief=0 is brief")
    need(c.get("/chains?brief=yes").problem(422)["errors"][0]["pointer"] == "/brief")


def it_goes_page_by_page_with_every_filter(l):
    c = l.tenant()
    for n in range(7):
        c.send(break_in(n, "pages"))
    ids, cursor = [], ""
    for _ in range(10):
        a = c.get("/chains?brief=1&limit=3" + cursor).want(200).json()
        ids += [x["chain_id"] for x in a["chains"]]
        if a["next_cursor"] is None:
            break
        cursor = "&cursor=" + a["next_cursor"]
    need(ids == [x["chain_id"] for x in c.get("/chains").json()["chains"]], "pages differ")
    one = c.get("/chains?brief=1").json()["chains"][3]
    need([x["chain_id"] for x in c.get("/chains?brief=1&host=" + one["hosts"][0]).json()["chains"]] == [one["chain_id"]], "by host")


lab.main(a_line_says_what_the_chain_says, it_goes_page_by_page_with_every_filter)
