#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One chain in the console: the drawing, the evidence, the words, what analysts
decide, in a real browser."""
import hashlib, json, os
import browser
from browser import Keys, incident, need, open_chain, sample, until
from lab import break_in


def press_line(b, edge):
    """A click on the line itself, in the drawing."""
    b.js("""const l = document.querySelector(`[data-edge="${arguments[0]}"] .hit`), p = l.getPointAtLength(l.getTotalLength() / 2);
            l.closest(".canvas").scrollLeft = p.x - 200; l.dispatchEvent(new MouseEvent("click", {bubbles: true}))""", edge)


def a_link_s_evidence_is_two_records_and_their_proof(l, b):
    c = l.tenant()
    ids, chain = incident(c, 6, "edge")
    e = next(x for x in chain["edges"] if x["to"] == ids[1])
    open_chain(b, c, chain)
    press_line(b, f"{e['from']}->{e['to']}")
    b.see(".inspect h3", "PROVABLE")
    b.see(".inspect h3", e["rule"])
    b.see(".because", e["because"][:40])
    until(lambda: len(b.all(".raw")) == 2, 10)
    for box, end in zip(b.all(".raw"), (e["from"], e["to"])):
        raw = c.get("/events/" + end).json()["raw"]
        need(b.text(box) == raw, "not byte for byte", b.text(box)[:200])
    marked = set(b.texts(".raw mark"))
    need(marked == {json.dumps(v["value"]) for v in e["evidence"]}, "marked", marked)
    b.click(".inspect .primary")
    b.see(".checked.good .verdict", "holds")
    said = " ".join(b.texts(".checked li"))
    for end in (e["from"], e["to"]):
        need(hashlib.sha256(c.get("/events/" + end).json()["raw"].encode()).hexdigest() in said, "no digest in", said)
    need("edge=" in b.where(), "no link to it", b.where())
    b.shot("evidence")


def a_record_that_was_changed_fails(l, b):
    c = l.tenant()
    ids, chain = incident(c, 7, "tamper")
    e = next(x for x in chain["edges"] if x["to"] == ids[1])
    value = next(v["value"] for v in e["evidence"] if v["event_id"] == ids[1])
    lie = value[:5] + ("0" if value[5] != "0" else "1") + value[6:]
    # what a server that lies would send: one digit of the second record is another
    b.cdp("Page.addScriptToEvaluateOnNewDocument", source="""const real = fetch;
        window.fetch = async (u, o) => { const r = await real(u, o); if (!String(u).endsWith(%s)) return r;
          const t = (await r.text()).replaceAll(%s, %s); return new Response(t, {status: r.status, headers: r.headers}); };"""
          % tuple(json.dumps(x) for x in ("/events/" + ids[1], value, lie)))
    open_chain(b, c, chain, f"?edge={e['from']}-%3E{e['to']}")
    b.see(".raw mark")
    b.click(".inspect .primary")
    b.see(".checked.bad .verdict", "NOT hold")
    bad = " ".join(b.texts(".checked li.bad"))
    need("effect: SHA-256" in bad and "holds another value" in bad and "cause: SHA-256" not in bad, bad)


def without_a_secure_context_it_says_what_it_cannot_check(l, b):
    c = l.tenant()
    ids, chain = incident(c, 14, "plain")
    e = next(x for x in chain["edges"] if x["to"] == ids[1])
    b.open("/", origin=f"http://plain.example:{l.port}")
    open_chain(b, c, chain, f"?edge={e['from']}-%3E{e['to']}")
    need(b.js("return isSecureContext") is False, "this context is secure")
    b.see(".raw mark")
    b.click(".inspect .primary")
    b.see(".checked li", "needs https or 127.0.0.1")
    b.see(".checked .verdict", "only in part")
    need("effect: /ParentProcessGuid holds the value cited" in " ".join(b.texts(".checked li")), b.texts(".checked li"))
    b.read_logs()                                       # a header that counts only where there is trust: said, and no fault
    b.faults = [f for f in b.faults if "Cross-Origin-Opener-Policy header has been ignored" not in f]


def a_key_that_only_reads_is_told_what_it_lacks(l, b):
    t = l.tenant()
    ids, chain = incident(t, 15, "reader")
    open_chain(b, l.key(t, "read"), chain)
    b.see(".panel .fault", "scope")
    b.click(".handling fieldset button", "benign")
    b.see(".handling .fault", "scope")
    e = chain["edges"][0]
    press_line(b, f"{e['from']}->{e['to']}")
    b.see(".raw mark")


def a_chain_is_seen_as_it_was(l, b):
    c = l.tenant()
    events = break_in(16, "was")
    c.send(events[:3])
    chain = c.chains()[0]
    c.send(events[3:])
    open_chain(b, c, chain, "?tab=history")
    b.see(".plainlist li", "Version 2")
    need(len(b.all(".unit")) == 5, len(b.all(".unit")))
    b.click(".plainlist a", "as it was")
    b.see(".facts", "version 1")
    need(until(lambda: len(b.all(".unit")) == 3, 5), len(b.all(".unit")))
    b.click(".facts a", "present")
    need(until(lambda: len(b.all(".unit")) == 5, 5), len(b.all(".unit")))


def every_export_comes_as_the_api_gives_it(l, b):
    c = l.tenant()
    _, chain = incident(c, 17, "out")
    at = b.downloads()
    open_chain(b, c, chain, "?tab=export")
    b.see(".panel button", "stix")
    for form in b.texts(".panel button"):
        b.click(".panel button", form)
        want = c.get(f"/chains/{chain['chain_id']}?format={form}").want(200).body
        got = lambda: [n for n in os.listdir(at) if not n.endswith(".crdownload") and open(os.path.join(at, n), "rb").read() == want]
        need(until(got, 10, 0.05), form, "is not among", os.listdir(at))


def the_keyboard_alone_leads_to_the_evidence(l, b):
    c = l.tenant()
    ids, chain = incident(c, 8, "keys")
    open_chain(b, c, chain)
    here = lambda: b.js("return document.activeElement.dataset.unit || document.activeElement.tagName")
    for _ in range(40):
        b.press(Keys.TAB)
        if here().startswith("evt_"):
            break
    need(here() == chain["root_cause"], "Tab ends at", here())
    b.press(Keys.TAB)
    need(not here().startswith("evt_"), "more than one stop")
    b.press(Keys.SHIFT, Keys.TAB)
    b.press(Keys.ARROW_RIGHT)
    need(here() == ids[1], "right goes to", here())
    b.press(Keys.ARROW_LEFT)
    need(here() == ids[0], "left goes to", here())
    b.press(Keys.END)
    need(here() == ids[4], "End goes to", here())
    b.press("e")
    b.see(".inspect h3", "PROVABLE")
    need(b.js("return document.activeElement.tagName") == "H3", "focus is not with the evidence")
    b.press(Keys.TAB)
    b.press(Keys.ENTER)
    b.see(".checked.good")
    b.press(Keys.TAB)
    b.press(Keys.TAB)
    b.press(Keys.ENTER)                                 # Close
    b.gone(".inspect")
    need(here() == ids[4], "focus is lost to", here())
    b.press(Keys.ENTER)
    b.see(".inspect h4", "Record as received")


def the_text_says_what_the_picture_shows(l, b):
    c = l.tenant()
    chain = sample(c)
    open_chain(b, c, chain, "?tab=text")
    b.see(".tree li")
    words = b.text(b.see(".tree"))
    for e in chain["edges"]:
        need(e["because"][:60] in words or len([x for x in chain["edges"] if x["to"] == e["to"]]) > 1, "not told:", e["because"][:80])
    b.click("#tab-timeline")
    b.see("tr[data-event]")
    need([r.get_attribute("data-event") for r in b.all("tr[data-event]")] == [n["event_id"] for n in sorted(chain["nodes"], key=lambda n: n["timestamp"])],
         "another order")
    names = b.js("return [...document.querySelectorAll('.unit')].map(g => g.getAttribute('aria-label'))")
    need(all(names) and any("root cause" in n for n in names), names[:3])
    lanes = b.texts(".names text")
    need(set(lanes) == {n["host"] for n in chain["nodes"]}, lanes)


def what_repeats_is_folded_and_unfolds(l, b):
    c = l.tenant()
    chain = sample(c)
    open_chain(b, c, chain)
    group = b.see(".unit.group")
    shown = len(b.all(".unit"))
    need("more" in group.get_attribute("aria-label") and shown < len(chain["nodes"]), shown)
    b.click(".tools button", "unfold")
    need(until(lambda: len(b.all(".unit")) == len(chain["nodes"]), 5), len(b.all(".unit")), "of", len(chain["nodes"]))
    b.click(".tools button", "fold again")
    need(until(lambda: len(b.all(".unit")) == shown, 5), "not folded again")


def a_cite_lights_what_it_cites(l, b):
    c = l.tenant()
    chain = sample(c)
    open_chain(b, c, chain)
    b.see(".why dt", "Who owns it")
    told = c.post("/ai/investigate", {"chain_id": chain["chain_id"]}).want(200).json()
    b.click(".told .cite")                              # the root cause's
    lit = {g.get_attribute("data-unit") for g in b.all(".unit.lit")}
    cited = {x for x in told["root_cause"]["cites"] if "->" not in x}
    need(lit and lit <= cited, "lit but not cited", lit - cited)
    cut = told["counterfactuals"][0]["cut"]
    need(until(lambda: {g.get_attribute("data-unit") for g in b.all(".unit.choke")} == set(cut), 5), "choke points are not", cut)
    for part in told["why"].values():
        b.see(".why dd", part["text"][:60])


def what_an_analyst_decides_is_kept_and_told(l, b):
    c = l.tenant()
    ids, chain = incident(c, 9, "hand")
    open_chain(b, c, chain)
    b.js("const s = document.querySelector('[name=status]'); s.value = 'in_progress'; s.dispatchEvent(new Event('change'))")
    b.see(".handled summary", "in progress")
    b.type("[name=assignee]", "night shift")
    b.type("[name=note]", "called the <b>owner</b>")
    b.press(Keys.ENTER)
    b.see(".handled summary", "night shift")
    b.click(".handling fieldset button", "true positive")
    b.see("[aria-pressed=true]", "true positive")
    b.click("#tab-history")
    b.see(".plainlist li", "called the <b>owner</b>")
    now = c.get("/chains/" + chain["chain_id"]).json()
    need((now["status"], now["assignee"], now["disposition"]) == ("in_progress", "night shift", "true_positive"), now["status"])
    e = next(x for x in chain["edges"] if x["to"] == ids[4])
    press_line(b, f"{e['from']}->{e['to']}")
    b.click(".inspect button", "Unlink")
    b.click(".ask .danger")
    need(until(lambda: not b.all(f"[data-edge='{e['from']}->{e['to']}']"), 10), "the link is still drawn")


def an_open_chain_grows_in_sight(l, b):
    c = l.tenant()
    events = break_in(10, "grow")
    c.send(events[:3])
    chain = c.chains()[0]
    open_chain(b, c, chain)
    b.see("#lamp.on")
    check = b.stays()
    b.type("[name=note]", "half a sen")                 # news must not take it away
    ids = c.send(events[3:])
    b.see(f".unit[data-unit='{ids[1]}']")
    b.see(".news", "Version")
    b.press("tence")
    need(b.see("[name=note]").get_attribute("value") == "half a sentence", "what was typed is", b.see("[name=note]").get_attribute("value"))
    check()


browser.main(a_key_that_only_reads_is_told_what_it_lacks, a_chain_is_seen_as_it_was, every_export_comes_as_the_api_gives_it,
             a_link_s_evidence_is_two_records_and_their_proof, a_record_that_was_changed_fails, without_a_secure_context_it_says_what_it_cannot_check,
             the_keyboard_alone_leads_to_the_evidence, the_text_says_what_the_picture_shows, what_repeats_is_folded_and_unfolds,
             a_cite_lights_what_it_cites, what_an_analyst_decides_is_kept_and_told, an_open_chain_grows_in_sight)
