#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the console may never do: run a log's text, leave the origin, be large or
slow, or need a wide screen."""
import os, random, re
import browser
from browser import every_screen, incident, need, open_chain, until
from lab import ROOT, break_in, guid, sysmon


AT = os.path.join(ROOT, "www", "console")
SIZE_MAX = 250 * 1000                                   # bytes of all that it is made of
FIRST_VIEW_S = 1.0
SCRIPT = "\"'><script>window.pwned=1</script><img src=x onerror=window.pwned=1><svg onload=window.pwned=1>"
TURNED = "invoice\u202egpj.exe\u2066\u200b"

def big_tree(c, n, salt):
    """A chain of n events: a tool that starts n programs, each one noted."""
    rng, out, made = random.Random(salt), [], [guid(random.Random(salt))]
    for i in range(n):
        parent, me = (made[max(0, len(made) - 1 - rng.randrange(12))] if i else guid(rng)), made[0] if i == 0 else guid(rng)
        if i:
            made.append(me)
        out.append({"id": f"{salt}/{i}", "source": "windows", "labels": ["alert"], "mitre_techniques": ["T1059.003"],
                    "raw": sysmon(rng, 1, "desk-%s.yard.example" % salt, 1.76e9 + 2 * i, ProcessGuid=me, ProcessId=str(1000 + i), Image=rf"C:\tool\step{i}.exe",
                                  CommandLine=f"step{i}.exe /go {i}", User="YARD\\big", ParentProcessGuid=parent)})
    c.send(out)
    return max(c.chains(), key=lambda x: len(x["nodes"]))


def text_out_of_logs_is_never_markup(l, b):
    c = l.tenant()
    events = break_in(11, SCRIPT)
    long = "C:\\" + "A" * 10240 + "\\end.exe"
    piled = "z" + "\u0335" * 300
    for e, target in zip(events, (SCRIPT + "a.exe", "C:\\" + TURNED, long, "C:\\" + piled + "\n\t\x1b[31m.exe", None)):
        r = e["raw"]
        r["Hostname"] = "desk" + SCRIPT + TURNED
        r.update(CommandLine=target, Image=target, User="YARD\\" + SCRIPT + TURNED) if target else r.update(TargetImage=long, SourceUser=SCRIPT)
        e["labels"] = ["alert", SCRIPT]
    c.send(events)
    chain = c.chains()[0]
    need(len(chain["nodes"]) >= 3, "no chain of it")
    b.remember(c.key)
    edge = f"{chain['edges'][0]['from']}-%3E{chain['edges'][0]['to']}"
    one = f"/#/chain/{chain['chain_id']}"
    for path, css in (("/#/chains", "tr[data-chain]"), ("/#/triage", ".alert"), ("/#/coverage", "tbody tr"), (f"/#/find?q={chain['nodes'][-1]['event_id']}", ".answer"),
                      (f"{one}?edge={edge}", ".raw"), *((f"{one}?tab={t}", ".panel > *:not(.busy)") for t in ("story", "timeline", "text", "history", "beside", "export"))):
        b.open(path)
        b.see(css)
        for button in b.all(".more")[:3]:
            b.js("arguments[0].click()", button)
        need(b.js("return window.pwned") is None, "a script ran on", path)
        need(not b.all("main img, main script, main iframe, main svg[onload]"), "markup on", path)
        need(b.wide() <= 0, path, "is wider than its window by", b.wide())
        words = b.js("return document.body.textContent")
        need("\u202e" not in words and "\u200b" not in words and "\x1b" not in words, "unseen characters are let through on", path)
    b.open(one + "?tab=timeline")
    b.see(".unseen", "U+202E")
    b.see(".more", "more characters")
    need(b.js("return Math.max(...[...document.querySelectorAll('.panel tr')].map(r => r.offsetHeight))") < 260, "a name takes the screen")
    need("\u202e" not in b.driver.title, "the title is turned")
    b.shot("hostile")


def a_chain_of_500_is_there_within_a_second(l, b):
    c = l.tenant()
    chain = big_tree(c, 500, "big")
    need(len(chain["nodes"]) == 500, len(chain["nodes"]), "events")
    times, own = [], []
    b.cdp("Performance.enable", timeDomain="threadTicks")
    spent = lambda: next(m["value"] for m in b.cdp("Performance.getMetrics")["metrics"] if m["name"] == "TaskDuration")
    for _ in range(5):                                  # the best tells what the page needs
        open_chain(b, c, chain)
        times.append(until(lambda: b.js("return performance.getEntriesByName('chain-drawn')[0]?.startTime"), 20) / 1000)
        own.append(spent())                             # begins anew with every page
        b.js("window.stop()")
    busy = os.getloadavg()[0] > 2 * os.cpu_count()
    print("        500 events drawn after", " ".join(f"{t:.2f}" for t in sorted(times)), f"s; {min(own):.2f} s of the page's own;", len(b.all(".unit")), "boxes",
          "(the machine is busy: its own time is held against the bound)" if busy else "")
    need(min(own if busy else times) <= FIRST_VIEW_S, "slow:", sorted(times), sorted(own))
    b.shot("500")
    b.click(".tools button", "unfold")
    need(until(lambda: len(b.all(".unit")) == 500, 20), len(b.all(".unit")), "after unfolding")


def a_chain_of_5000_is_folded_and_unfolds_in_steps(l, b):
    c = l.tenant()
    chain = big_tree(c, 5000, "huge")
    need(len(chain["nodes"]) == 5000, len(chain["nodes"]), "events")
    open_chain(b, c, chain)
    first = len(b.all(".unit"))
    need(first <= 110, first, "boxes at once")
    b.see(".answer h2", "hops back to the root are proven")
    last = b.attribute(".hops li", "data-hop").split("->")[1]
    need(b.all(f"[data-unit='{last}']"), "what is asked about is folded away")
    b.click(".tools button", "unfold 500 of 4,")
    need(until(lambda: first + 450 <= len(b.all(".unit")) <= first + 550, 20), len(b.all(".unit")), "after a step")
    b.click(".tools button", "fold again")
    need(until(lambda: len(b.all(".unit")) == first, 10), len(b.all(".unit")), "folded again")
    b.shot("5000")


def it_is_small_and_asks_nobody_else(l, b):
    size = {os.path.relpath(os.path.join(d, f), AT): os.path.getsize(os.path.join(d, f)) for d, _, names in os.walk(AT) for f in names}
    need(sum(size.values()) <= SIZE_MAX, sum(size.values()), "bytes:", sorted(size.items(), key=lambda x: -x[1])[:5])
    with open(os.path.join(AT, "index.html"), encoding="utf-8") as f:
        ahead = set(re.findall(r'"modulepreload" href="([^"]+)"', f.read()))
    need(ahead | {"main.js"} == {n for n in size if n.endswith(".js")}, "read one after the other:", ahead ^ {n for n in size if n.endswith(".js")})
    c = l.tenant()
    _, chain = incident(c, 12, "small")
    open_chain(b, c, chain)
    names = b.js("return performance.getEntriesByType('resource').map(e => e.name)")
    need(len(names) > 10 and all(n.startswith(b.origin + "/") for n in names), names)
    print("       ", sum(size.values()), "bytes in all")


def a_phone_is_wide_enough(l, b):
    b.shape(390, 844, phone=True)
    c, wide = l.tenant(), []
    every_screen(l, b, c, lambda name: (wide.append((name, b.wide())), b.shot(f"phone-{name}")))
    need(len(wide) == 9 and all(w <= 0 for _, w in wide), wide)


browser.main(text_out_of_logs_is_never_markup, a_chain_of_500_is_there_within_a_second, a_chain_of_5000_is_folded_and_unfolds_in_steps, it_is_small_and_asks_nobody_else,
             a_phone_is_wide_enough)
