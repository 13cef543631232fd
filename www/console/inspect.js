// SPDX-License-Identifier: Apache-2.0
// What is under a press: a link with its two records and its proof computed
// again here, or an event with all that is known of it.
import { toProve } from "./answer.js";
import { Problem, at, get, post } from "./api.js";
import { el, put, said } from "./dom.js";
import { fault } from "./page.js";
import { rawBytes, recompute } from "./verify.js";
import { record } from "./record.js";
import { eventLine, grade, human, techniques, when } from "./words.js";

const asText = (event) => (typeof event.raw === "string" ? event.raw : new TextDecoder().decode(rawBytes(event) || new Uint8Array()));

function side(word, event, node, cited) {
  const box = el("section", { class: "side" }, el("h4", {}, word, " ", techniques(node.techniques)), el("p", { class: "line" }, eventLine(node)));
  if (!event) return box;
  box.append(
    el("dl", { class: "cited" }, cited.map((v) => [el("dt", {}, said(v.field)), el("dd", {}, el("mark", {}, said(v.value, { most: 200 })))])),
    record(asText(event), cited),
    el("p", { class: "hash" }, "SHA-256 ", el("code", {}, event.raw_sha256)),
    el("p", { class: "hash" }, said(event.source), " \u00b7 ", el("code", {}, event.event_id), " \u00b7 received ", when(event.ingested_at)));
  return box;
}

function results(out) {
  const sign = (g) => (g === true ? "\u2714" : g === false ? "\u2718" : "\u2013");
  const word = (g) => (g === true ? "holds" : g === false ? "FAILS" : "not checked");
  return el("div", { class: `checked ${!out.good ? "bad" : out.whole ? "good" : "part"}`, role: "status" },
    el("p", { class: "verdict" }, !out.good ? "\u2718 Computed again in this browser: the evidence does NOT hold." : out.whole ? "\u2714 Computed again in this browser: the evidence holds." : "\u2013 Computed again only in part: what could be checked holds."),
    el("ul", {}, out.lines.map((l) => el("li", { class: l.good === false ? "bad" : l.good ? "good" : "" },
      el("span", { "aria-hidden": "true" }, sign(l.good)), el("span", { class: "sr" }, word(l.good)), " ", said(l.text, { most: 300 }), l.value ? [" ", el("code", {}, said(l.value, { most: 120 }))] : null))));
}

export async function inspectEdge(into, m, edge, acts) {
  const from = m.nodes.get(edge.from), to = m.nodes.get(edge.to);
  const verdict = el("div", {}), again = el("button", { type: "button", class: "primary" }, "Recompute");
  const cut = el("button", { type: "button", onclick: () => unlink(verdict, m.chain.chain_id, edge, acts) }, "Unlink\u2026");
  const sides = el("div", { class: "sides" }, side("Cause", null, from, []), side("Effect", null, to, []));
  put(into, el("header", {},
    el("h3", { tabindex: "-1" }, grade(edge.grade), " ", human(edge.rule), " ", el("span", { class: "dim-text" }, `confidence ${edge.confidence} \u00b7 ${edge.heuristic}`)),
    el("p", { class: "because" }, said(edge.because, { most: 500 })),
    edge.to_prove.length ? el("dl", { class: "lacks" }, toProve(edge)) : null,
    el("div", { class: "row" }, again, cut, el("button", { type: "button", onclick: acts.close }, "Close"))), verdict, sides);
  const reading = Promise.all([edge.from, edge.to].map((id) => get(at("events", id)))).then((both) => new Map(both.map((e) => [e.event_id, e])));
  // a press before the records are here counts too
  again.addEventListener("click", async () => {
    try { put(verdict, results(await recompute(edge, await reading))); } catch (e) { put(verdict, fault(e)); }
  });
  let events;
  try { events = await reading; } catch (e) {
    put(verdict, fault(e));
    return;
  }
  const cited = (id) => edge.evidence.filter((v) => v.event_id === id);
  put(sides, side("Cause", events.get(edge.from), from, cited(edge.from)), side("Effect", events.get(edge.to), to, cited(edge.to)));
}

function unlink(into, chain, edge, acts) {
  put(into, el("div", { class: "ask", role: "alert" },
    el("p", {}, "Take this link out for good? The chain is built anew without it; the records stay. It cannot be put back from here."),
    el("div", { class: "row" },
      el("button", { type: "button", class: "danger", onclick: async () => {
        try {
          await post(at("chains", chain, "unlink"), { from: edge.from, to: edge.to });
          acts.changed();
        } catch (e) { put(into, fault(e)); }
      } }, "Unlink"),
      el("button", { type: "button", onclick: () => put(into) }, "Keep it"))));
}

const linkButton = (e, word, acts, m) => {
  const other = m.nodes.get(word === "cause" ? e.from : e.to);
  return el("li", {}, el("button", { type: "button", class: "plain", onclick: () => acts.edge(e) }, grade(e.grade), " ", human(e.rule)), " ",
    other ? eventLine(other, 80) : el("code", {}, word === "cause" ? e.from : e.to));
};

export async function inspectNode(into, m, node, acts) {
  const causes = m.causes.get(node.event_id) || [], effects = m.effects.get(node.event_id) || [];
  const more = el("div", {});
  put(into, el("header", {},
    el("h3", { tabindex: "-1" }, human(node.role), " ", techniques(node.techniques)),
    el("p", { class: "line" }, eventLine(node, 400)),
    el("div", { class: "row" }, el("button", { type: "button", class: "primary", onclick: () => acts.way(node.event_id) }, "Way back to the root"),
      el("button", { type: "button", onclick: acts.close }, "Close"))),
    el("div", { class: "sides" },
      el("section", { class: "side" }, el("h4", {}, `Causes (${causes.length})`), el("ul", { class: "links" }, causes.slice(0, 30).map((e) => linkButton(e, "cause", acts, m)))),
      el("section", { class: "side" }, el("h4", {}, `Effects (${effects.length})`), el("ul", { class: "links" }, effects.slice(0, 30).map((e) => linkButton(e, "effect", acts, m))))),
    more);
  try {
    const event = await get(at("events", node.event_id));
    put(more, el("div", { class: "sides" },
      el("section", { class: "side" }, el("h4", {}, "Record as received"), record(asText(event), []), el("p", { class: "hash" }, "SHA-256 ", el("code", {}, event.raw_sha256))),
      el("section", { class: "side" }, el("h4", {}, "Named in it"), el("ul", { class: "links" }, event.entities.map((x) =>
        el("li", {}, el("a", { href: `#/find?q=${encodeURIComponent(x.key)}` }, said(x.name, { most: 120 })), ` ${x.kind}, ${x.role}`, x.strong ? el("span", { class: "tag" }, "can prove") : null))))));
  } catch (e) {
    if (!(e instanceof Problem)) throw e;
    put(more, fault(e));
  }
}
