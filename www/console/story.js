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

const WHY = [["what_failed", "What failed"], ["what_should_have_caught_it", "What should have caught it"], ["what_to_fix", "What to fix"], ["who_owns_it", "Who owns it"]];

export function story(a, show) {
  const r = a.root_cause;
  return [
    section("Root cause", el("p", {}, told(r, r.explanation, show)),
      r.rivals.length ? el("details", {}, el("summary", {}, `${r.rivals.length} rival explanations`), el("ul", {}, r.rivals.map((x) => el("li", {}, `${Math.round(100 * x.share)} %: `, told(x, x.text, show))))) : null),
    section("Why", el("dl", { class: "why" }, WHY.map(([k, title]) => [el("dt", {}, title), el("dd", {}, told(a.why[k], a.why[k].text, show))]))),
    section("Where to cut", a.counterfactuals.length ? el("ol", {}, a.counterfactuals.map((x) => el("li", {}, told({ cites: x.cut }, x.statement, show), x.verified ? el("span", { class: "tag" }, "verified by rebuilding") : null))) : el("p", {}, "No single event or pair of events would have cut it.")),
    section("What to do", el("ol", {}, a.recommended_actions.map((x) => el("li", {}, el("b", {}, said(x.action, { most: 120 })), x.target ? [": ", said(x.target, { most: 160 })] : null,
      x.technique ? el("span", { class: "tag" }, x.technique) : null, x.mitigation ? el("span", { class: "tag" }, said(x.mitigation, { most: 80 })) : null, el("div", { class: "dim-text" }, told(x, x.rationale, show)))))),
    section("What speaks against it", a.evidence_against.length ? el("ul", {}, a.evidence_against.map((x) => el("li", {}, told(x, x.text, show)))) : el("p", {}, "Nothing recorded.")),
    section("Not observed", el("ul", {}, a.not_observed.map((x) => el("li", {}, told(x, x.text, show), x.searched ? el("div", { class: "dim-text" }, "searched: ", said(x.searched, { most: 300 })) : null)))),
    section("What may come next", el("ul", {}, a.next_techniques.map((x) => el("li", {}, `${Math.round(100 * x.probability)} % ${x.technique} ${x.name} (base rate ${Math.round(100 * x.base_rate)} %)`, x.visible_here ? null : el("span", { class: "tag warn" }, "would not be seen here"))))),
    section("In order", a.narrative.map((t) => el("details", { open: t.topic === "Summary" }, el("summary", {}, said(t.topic, { most: 120 })), el("ol", { class: "sentences" }, t.sentences.map((s) => el("li", {}, told(s, s.text, show))))))),
    el("p", { class: "dim-text" }, `Told by ${a.engine.name}${a.engine.model ? ` with ${a.engine.model}` : ", without a language model"}${a.engine.fallback ? ` (${a.engine.fallback})` : ""} at ${clock(new Date().toISOString())} UTC`),
  ];
}
