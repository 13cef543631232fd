// SPDX-License-Identifier: Apache-2.0
// What /ai/investigate says, each sentence with what it cites: pressed, it
// lights those events and links in the picture.
import { el, said } from "./dom.js";
import { clock } from "./words.js";

const SENTENCE = 2000;

function told(x, text, show) {
  const cites = x.cites || [];
  return [said(text, { most: SENTENCE }), " ", cites.length
    ? el("button", { type: "button", class: "cite", "aria-label": `show the ${cites.length} cited`, title: "show in the picture", onclick: (ev) => show(cites, ev.currentTarget) }, `[${cites.length}]`)
    : null];
}

const section = (title, ...inside) => el("section", { class: "told" }, el("h3", {}, title), inside);

// ------------------------------------------------- what a model has worded

// Why a sentence of the model was dropped, as the engine names it.
const DROPPED = { "no-cite": "cited nothing", "cite-elsewhere": "cited what is not in this chain", form: "of no plain form", word: "with a word that the records do not bear out",
  name: "with a name that the cited records do not hold so", time: "with another time", number: "with another number", grade: "with another grade", technique: "with another technique",
  deed: "of a deed that no cited record tells", order: "with the order turned round" };
const FELL = { timeout: "did not answer in time", unreached: "could not be reached", status: "answered with an error", refused: "refused", garbage: "answered what is no answer", "too-big": "answered too much",
  misconfigured: "is not configured rightly", budget: "was not asked: its budget is used up", "nothing-held": "said nothing that its citations hold" };

const many = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;

function droppedWhy(e) {
  if (!e.sentences_dropped) return "Each of its sentences was held against the records that it cites; none was dropped.";
  return `${many(e.sentences_dropped, "more sentence")} of it ${e.sentences_dropped === 1 ? "was" : "were"} dropped, because what they say is not in the records they cite: ${Object.entries(e.dropped).map(([k, n]) => `${n} ${DROPPED[k] || k}`).join(", ")}.`;
}

// Beside the built-in text and never instead of it; nobody can take it for the engine's.
function worded(a, show) {
  const e = a.engine, by = a.narrative.filter((t) => t.by === "model");
  if (!e.model) return null;
  return el("aside", { class: "worded", "aria-label": "worded by a language model" },
    el("h3", {}, el("span", { class: "tag" }, "language model"), " ", by.length ? "In short, in the words of " : "No words of ", said(e.model, { most: 80 })),
    by.map((t) => el("ol", { class: "sentences" }, t.sentences.map((s) => el("li", {}, told(s, s.text, show))))),
    el("p", { class: "dim-text" }, by.length ? droppedWhy(e) : ["It ", FELL[e.fallback] || said(e.fallback || "said nothing", { most: 80 }), e.fallback_detail ? [": ", said(e.fallback_detail, { most: 200 })] : null, ". ", e.sentences_dropped ? droppedWhy(e) : null]),
    el("p", { class: "dim-text" }, "It decides nothing: grades, scores, order, actions and all that follows are the engine's own, and would be the same without it."));
}

const WHY = [["what_failed", "What failed"], ["what_should_have_caught_it", "What should have caught it"], ["what_to_fix", "What to fix"], ["who_owns_it", "Who owns it"]];

export function story(a, show) {
  const r = a.root_cause;
  return [
    worded(a, show),
    section("Root cause", el("p", {}, told(r, r.explanation, show)),
      r.rivals.length ? el("details", {}, el("summary", {}, `${r.rivals.length} rival explanations`), el("ul", {}, r.rivals.map((x) => el("li", {}, `${Math.round(100 * x.share)} %: `, told(x, x.text, show))))) : null),
    section("Why", el("dl", { class: "why" }, WHY.map(([k, title]) => [el("dt", {}, title), el("dd", {}, told(a.why[k], a.why[k].text, show))]))),
    section("Where to cut", a.counterfactuals.length ? el("ol", {}, a.counterfactuals.map((x) => el("li", {}, told({ cites: x.cut }, x.statement, show), x.verified ? el("span", { class: "tag" }, "verified by rebuilding") : null))) : el("p", {}, "No single event or pair of events would have cut it.")),
    section("What to do", el("ol", {}, a.recommended_actions.map((x) => el("li", {}, el("b", {}, said(x.action, { most: 120 })), x.target ? [": ", said(x.target, { most: 160 })] : null,
      x.technique ? el("span", { class: "tag" }, x.technique) : null, x.mitigation ? el("span", { class: "tag" }, said(x.mitigation, { most: 80 })) : null, el("div", { class: "dim-text" }, told(x, x.rationale, show)))))),
    section("What speaks against it", a.evidence_against.length ? el("ul", {}, a.evidence_against.map((x) => el("li", {}, told(x, x.text, show)))) : el("p", {}, "Nothing recorded.")),
    section("Not observed", el("ul", {}, a.not_observed.map((x) => el("li", {}, told(x, x.text, show), x.searched ? el("div", { class: "dim-text" }, "searched: ", said(x.searched, { most: 300 })) : null)))),
    section("What may come next", el("ul", {}, a.next_techniques.map((x) => el("li", {}, `${Math.round(100 * x.probability)} % ${x.technique} ${x.name} (base rate ${Math.round(100 * x.base_rate)} %)`, x.visible_here ? null : el("span", { class: "tag warn" }, "would not be seen here"))))),
    section("In order", a.narrative.filter((t) => t.by !== "model").map((t) => el("details", { open: t.topic === "Summary" }, el("summary", {}, said(t.topic, { most: 120 })), el("ol", { class: "sentences" }, t.sentences.map((s) => el("li", {}, told(s, s.text, show))))))),
    el("p", { class: "dim-text" }, `${a.engine.model ? "All but what is marked as the model's is" : "No language model was asked: all of this is"} the engine's own text (${a.engine.name}), told at ${clock(new Date().toISOString())} UTC`),
  ];
}
