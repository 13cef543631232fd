// SPDX-License-Identifier: Apache-2.0
// The first question of every shift: how did it get here, how much of that is
// proven, what is the first hop that is not, and which log would prove it.
import { el, put, said } from "./dom.js";
import { edgeId, firstUnproven, wayBack } from "./model.js";
import { eventLine, grade, human } from "./words.js";

const SHOWN = 10;

function hop(m, e, acts, weak) {
  const n = m.nodes.get(e.from);
  return el("li", { class: e === weak ? "weak" : "", "data-hop": edgeId(e) },
    el("button", { type: "button", class: "plain", title: "the evidence of this hop", onclick: () => acts.edge(e) }, grade(e.grade), " ", human(e.rule)),
    " \u2190 ", n ? eventLine(n, 120) : el("code", {}, e.from));
}

// Long runs of hops are folded, but never the first one that is not proven.
function hops(m, way, acts, weak) {
  const list = el("ol", { class: "hops" });
  const at = weak ? way.indexOf(weak) : -1;
  const shown = (i) => way.length <= SHOWN || i < 5 || i >= way.length - 3 || Math.abs(i - at) <= 1;
  for (let i = 0; i < way.length; i++) {
    if (shown(i)) { list.append(hop(m, way[i], acts, weak)); continue; }
    const run = [];
    while (i < way.length && !shown(i)) run.push(way[i++]);
    i--;
    const li = el("li", { class: "run" });
    li.append(el("button", { type: "button", class: "plain", onclick: () => li.replaceWith(...run.map((e) => hop(m, e, acts, weak))) },
      `${run.length} more hops, ${run.filter((e) => e.grade === "PROVABLE").length} of them proven`));
    list.append(li);
  }
  return list;
}

function verdict(m, id, way, whole, weak) {
  const proven = way.filter((e) => e.grade === "PROVABLE").length;
  if (!way.length) return id === m.chain.root_cause ? "This is the root: nothing recorded led to it." : "No recorded link leads here.";
  if (!weak) return whole ? `All ${way.length} hops back to the root are proven.` : `All ${way.length} hops are proven, as far back as records lead; none leads to the root.`;
  return `${proven} of ${way.length} hops are proven${whole ? "" : "; none leads on to the root"}.`;
}

// What the engine says that the link lacks: one paragraph for each thing.
export function toProve(e) {
  return e.to_prove.map((x) => [
    el("dt", {}, "The log that would prove it"),
    el("dd", { class: "need" }, said(x.record, { most: 400 }), x.provable && x.hosts.length ? [" \u2013 on ", x.hosts.map((h, i) => [i ? " and " : "", said(h, { most: 80 })])] : null),
    el("dd", { class: "dim-text" }, "because ", said(x.missing, { most: 300 })),
    x.setting ? el("dd", {}, "Switch on: ", said(x.setting, { most: 400 })) : null]);
}

const gap = (e) => el("div", { class: "gap" }, el("h3", {}, "First hop that is not proven"),
  el("p", {}, grade(e.grade), " ", said(e.because, { most: 400 })), el("dl", {}, toProve(e)));

// acts: {edge(e)}; -> element; its `way` is what the picture may light
export function answer(m, id, acts) {
  const { way, whole } = wayBack(m, id), weak = firstUnproven(way), n = m.nodes.get(id);
  const box = el("section", { class: `answer ${weak || !way.length || !whole ? "open" : "proven"}`, "aria-label": "the way back to the root" },
    el("h2", {}, verdict(m, id, way, whole, weak)),
    n && el("p", { class: "line" }, "From ", eventLine(n, 200)),
    way.length ? hops(m, way, acts, weak) : null);
  if (weak) box.append(gap(weak));
  box.way = [id, ...way.flatMap((e) => [e.from, edgeId(e)])];
  return box;
}
