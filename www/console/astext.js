// SPDX-License-Identifier: Apache-2.0
// The picture in words: a timeline, and the tree of what led to what, for those
// who read and for those who listen.
import { el, said } from "./dom.js";
import { eventLine, grade, human, lane, techniques, when } from "./words.js";

const LEVELS = 12, CHILDREN = 200;

export function timeline(m, acts) {
  const rows = m.order.map((n) => {
    const e = m.parent(n.event_id);
    return el("tr", { "data-event": n.event_id },
      el("td", {}, when(n.timestamp)), el("td", {}, said(lane(n), { most: 60 })),
      el("td", { class: "wide" }, el("button", { type: "button", class: "plain", onclick: () => acts.node(n) }, el("b", {}, said(n.action, { most: 60 }))), " ", said(n.target || "", { most: 140 }), n.count > 1 ? ` \u00d7${n.count}` : null,
        el("div", { class: "dim-text" }, "by ", said(n.actor, { most: 80 }))),
      el("td", {}, n.role === "step" ? null : human(n.role), " ", techniques(n.techniques)),
      el("td", {}, e ? el("button", { type: "button", class: "plain", onclick: () => acts.edge(e) }, grade(e.grade), " ", human(e.rule)) : "\u2013"));
  });
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "timeline" }, el("table", { class: "timeline" }, el("thead", {}, el("tr", {}, ["Time (UTC)", "Where", "What", "Marks", "Linked to its cause by"].map((h) => el("th", { scope: "col" }, h)))), el("tbody", {}, rows)));
}

export function tree(m, acts) {
  const seen = new Set();
  const item = (n, e, depth) => {
    seen.add(n.event_id);
    const below = (m.effects.get(n.event_id) || []).filter((x) => m.parent(x.to) === x && !seen.has(x.to));
    const li = el("li", {}, e ? [el("button", { type: "button", class: "plain", onclick: () => acts.edge(e) }, grade(e.grade), " ", human(e.rule)), ": "] : null,
      n.role !== "step" ? el("b", {}, human(n.role), ": ") : null, eventLine(n, 200), n.count > 1 ? `, ${n.count} times` : null, " ", techniques(n.techniques),
      e ? el("div", { class: "dim-text" }, said(e.because, { most: 300 })) : null);
    if (below.length && depth < LEVELS) li.append(el("ul", {}, below.slice(0, CHILDREN).map((x) => item(m.nodes.get(x.to), x, depth + 1)), below.length > CHILDREN ? el("li", {}, `${below.length - CHILDREN} more: see the timeline`) : null));
    else if (below.length) li.append(el("ul", {}, el("li", {}, `goes on with ${below.length} more: see the timeline`)));
    return li;
  };
  const tops = m.order.filter((n) => !m.parent(n.event_id));
  return el("ul", { class: "tree" }, tops.map((n) => item(n, null, 0)));
}
