// SPDX-License-Identifier: Apache-2.0
// The queue: every sign of every open chain in the order of /ai/triage, and why.
import { get, post } from "./api.js";
import { el, put, said } from "./dom.js";
import { onLive } from "./live.js";
import { busy, empty, fault, href } from "./page.js";
import { eventLine, grade, hiddenBy } from "./words.js";

const PAGES = 4, PAGE = 25, MOST = 2000;

async function signs(status) {
  const out = new Map();
  let cursor = null;
  for (let p = 0; p < PAGES; p++) {
    const a = await get("/chains", { limit: PAGE, status, ...(cursor ? { cursor } : {}) });
    for (const c of a.chains) for (const n of c.nodes) if (n.role === "seed" || n.role === "impact") if (out.size < MOST) out.set(n.event_id, n);
    cursor = a.next_cursor;
    if (!cursor) break;
  }
  return { nodes: out, whole: !cursor && out.size < MOST };
}

const signed = (x) => (x > 0 ? "+" : "\u2212") + Math.abs(x).toFixed(1);

function factors(list) {
  return el("table", { class: "factors" }, el("tbody", {}, list.map((f) => el("tr", {}, el("td", { class: "num" }, signed(f.points)), el("th", { scope: "row" }, f.name), el("td", {}, said(f.because, { most: 240 }))))));
}

function alert(a, node) {
  return el("li", { class: `alert l-${a.severity_label}`, "data-alert": a.alert_id },
    el("div", { class: "rank" }, String(a.rank)),
    el("div", { class: "matter" },
      el("p", {}, el("span", { class: `label l-${a.severity_label}` }, `${a.severity_label} ${a.severity}`), " ", a.chain_confidence ? grade(a.chain_confidence) : null, " ",
        node ? eventLine(node, 120) : el("code", {}, a.alert_id), hiddenBy(a), a.repeats ? el("span", { class: "tag" }, `stands for ${a.repeats} more`) : null),
      el("p", { class: "row" }, el("b", {}, said(a.recommended_action, { most: 200 })),
        a.chain_id ? el("a", { href: href(["chain", a.chain_id], { from: a.alert_id }) }, "Open its chain") : null),
      el("details", {}, el("summary", {}, `${a.points.toFixed(1)} points from ${a.factors.length} factors: `,
        a.factors.slice().sort((x, y) => Math.abs(y.points) - Math.abs(x.points)).slice(0, 3).map((f) => `${f.name} ${signed(f.points)}`).join(", ")), factors(a.factors))));
}

export function triage(into, query) {
  const list = el("ol", { class: "queue" }), note = el("div", {}), news = el("div", { "aria-live": "polite" });
  const repeats = query.get("repeats") === "1";
  put(into, el("h1", {}, "Triage"), el("p", { class: "hint" }, "Every sign of the open chains, the worst first. Points are a sum of factors; 10 points double the odds. Nothing is ever closed by itself. ",
    el("a", { href: href(["triage"], repeats ? {} : { repeats: "1" }) }, repeats ? "Fold repeats" : "Show repeats")), news, note, list);
  const stop = new AbortController();
  (async () => {
    busy(note, "Weighing\u2026");
    try {
      const { nodes, whole } = await signs("open");
      if (stop.signal.aborted) return;
      if (!nodes.size) { put(note, empty("No open chain has a sign: the queue is empty.")); return; }
      const a = await post("/ai/triage", { alerts: [...nodes.keys()].map((id) => ({ alert_id: id, event_id: id })) }, stop.signal);
      const by = new Map(a.alerts.map((x) => [x.alert_id, x]));
      const rows = a.order.map((id) => by.get(id)).filter((x) => x && (repeats || !x.repeat_of));
      put(note, el("p", { class: "dim-text" }, `${rows.length} alerts${repeats ? "" : `, ${a.alerts.length - rows.length} repeats folded`}${whole ? "" : `; the first ${nodes.size} signs only: narrow with filters under Chains`}`));
      put(list, rows.slice(0, 500).map((x) => alert(x, nodes.get(x.alert_id))));
    } catch (e) { put(note, fault(e)); }
  })();
  const off = onLive((kind) => {
    if (!kind.startsWith("chain.") && kind !== "gap") return;
    put(news, el("p", { class: "news" }, "The chains have changed since. ", el("button", { type: "button", onclick: () => dispatchEvent(new Event("hashchange")) }, "Weigh again")));
  });
  return () => { stop.abort(); off(); };
}
