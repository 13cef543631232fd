// SPDX-License-Identifier: Apache-2.0
// The list of chains; its filters live in the URL, and it follows the stream.
import { get } from "./api.js";
import { el, put, said } from "./dom.js";
import { onLive } from "./live.js";
import { adjust, announce, busy, empty, fault, href } from "./page.js";
import { GRADES, STATUSES, grade, hiddenBy, human, span, when } from "./words.js";

const TACTICS = ["reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation", "defense-evasion",
  "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact"];
const FILTERS = ["min_confidence", "min_score", "status", "host", "entity", "technique", "assignee", "since", "until", "suppressed"];
const QUIET = 400, RARELY = 3000;                       // ms: after a change, and between two reads

export const tactics = (list) => {
  const has = new Set(list);
  return el("span", { class: "tactics", role: "img", "aria-label": list.length ? `tactics: ${list.map(human).join(", ")}` : "no tactics", title: list.map(human).join(", ") },
    TACTICS.map((t) => el("i", { class: has.has(t) ? "on" : "" })));
};

function row(c, fresh) {
  const where = c.hosts.length ? c.hosts : c.sources;
  return el("tr", { class: fresh ? "fresh" : "", "data-chain": c.chain_id, "data-version": c.version },
    el("td", {}, grade(c.confidence)),
    el("td", { class: "num" }, c.score.toFixed(1)),
    el("td", { class: "wide" }, el("a", { href: href(["chain", c.chain_id]) }, said(c.title, { most: 140 })),
      el("div", { class: "dim-text" }, where.slice(0, 3).map((h, i) => [i ? ", " : "", said(h, { most: 60 })]), where.length > 3 ? ` +${where.length - 3}` : "", c.hosts.length && c.sources.length > 1 ? ` \u00b7 ${c.sources.length} sources` : null)),
    el("td", {}, tactics(c.mitre_tactics), el("div", { class: "dim-text" }, `${c.mitre_techniques.length} techniques`)),
    el("td", { class: "num" }, String(c.events), el("div", { class: "dim-text" }, `${c.seeds_proven_to_root} proven`)),
    el("td", {}, when(c.last_seen), el("div", { class: "dim-text" }, `over ${span(c.first_seen, c.last_seen)}`)),
    el("td", {}, el("span", { class: `status s-${c.status}` }, human(c.status)), c.disposition ? el("div", { class: "dim-text" }, human(c.disposition)) : null, hiddenBy(c),
      c.assignee ? el("div", { class: "dim-text" }, said(c.assignee, { most: 40 })) : null));
}

const HEADS = ["Grade", "Score", "Chain", "Tactics", "Events", "Last seen (UTC)", "Status"];

// A list that keeps itself up to date; -> {stop, again(query)}
export function chainList(into, query, { heading, short } = {}) {
  const body = el("tbody", {}), note = el("div", {}), more = el("p", {});
  const table = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "chains" }, el("table", { class: "chains" }, el("thead", {}, el("tr", {}, HEADS.map((h) => el("th", { scope: "col" }, h)))), body));
  table.hidden = true;
  put(into, heading ? el("h2", {}, heading) : null, note, table, more);
  let versions = new Map(), timer = null, readAt = 0, cursor = null, pages = 1, wanted = 0;
  const read = async (quiet) => {
    const mine = ++wanted;
    readAt = Date.now();
    if (!quiet) busy(note, "Reading the chains\u2026");
    try {
      let chains = [], next = null;
      for (let p = 0; p < pages && (p === 0 || next); p++) {
        const a = await get("/chains", { ...Object.fromEntries(query), brief: 1, ...(next ? { cursor: next } : {}) });
        chains = chains.concat(a.chains);
        next = a.next_cursor;
      }
      if (mine !== wanted) return;
      cursor = next;
      const fresh = (c) => quiet && versions.get(c.chain_id) !== c.version;
      put(body, chains.map((c) => row(c, fresh(c))));
      table.hidden = !chains.length;
      versions = new Map(chains.map((c) => [c.chain_id, c.version]));
      put(note, chains.length ? null : FILTERS.some((f) => query.get(f)) ? empty("No chain fits these filters.") : empty("No chain yet: nothing that arrived hangs together with a sign of an attack. ", el("a", { href: "#/coverage" }, "What arrived")));
      put(more, cursor ? (short ? el("a", { href: "#/chains" }, "All chains") : el("button", { type: "button", onclick: () => { pages++; read(true); } }, "More")) : null);
    } catch (e) { if (mine === wanted) put(note, fault(e)); }
  };
  const later = () => {
    if (timer === null) timer = setTimeout(() => { timer = null; read(true); }, Math.max(QUIET, readAt + RARELY - Date.now()));
  };
  const off = onLive((kind, data) => {
    if (kind.startsWith("chain.") || kind === "gap") later();
    if (kind.startsWith("chain.")) announce(`${human(kind.slice(6))}: ${data.confidence}, score ${data.score}. ${data.change}`);
  });
  read(false);
  return { stop: () => { off(); clearTimeout(timer); wanted++; }, again: (q) => { query = q; pages = 1; read(false); } };
}

export function chains(into, query) {
  const field = (name, label, given) => el("label", {}, label, el("input", { name, value: query.get(name) || "", autocomplete: "off", spellcheck: "false", ...given }));
  const choice = (name, label, values, words = {}) => {
    const s = el("select", { name }, el("option", { value: "" }, "any"), values.map((v) => el("option", { value: v }, words[v] || human(v))));
    s.value = query.get(name) || "";
    return el("label", {}, label, s);
  };
  const form = el("form", { class: "filters", "aria-label": "filters" },
    choice("min_confidence", "At least", GRADES), field("min_score", "Score from", { inputmode: "decimal", size: "4" }), choice("status", "Status", STATUSES),
    field("host", "Host"), field("entity", "Entity"), field("technique", "Technique", { placeholder: "T1003.001", size: "10" }), field("assignee", "Assignee", { size: "10" }),
    choice("suppressed", "Suppressed", ["false", "true"], { false: "without", true: "only" }),
    field("since", "Since (UTC)", { placeholder: "2026-03-01T00:00:00Z", size: "20" }), field("until", "Until (UTC)", { placeholder: "2026-03-31T00:00:00Z", size: "20" }),
    el("button", { type: "reset" }, "Clear"));
  const below = el("div", {});
  const set = FILTERS.some((f) => query.get(f));
  put(into, el("h1", {}, "Chains"), el("details", { class: "filtering", open: set || matchMedia("(min-width: 641px)").matches }, el("summary", {}, "Filters"), form), below);
  const now = () => new URLSearchParams([...FILTERS.map((f) => [f, form.elements[f].value.trim()]).filter(([, v]) => v), ["limit", "25"]]);
  const list = chainList(below, now());
  let timer = null;
  const changed = () => {
    adjust(Object.fromEntries(FILTERS.map((f) => [f, form.elements[f].value.trim()])));
    list.again(now());
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(changed, 350); });
  form.addEventListener("submit", (ev) => { ev.preventDefault(); clearTimeout(timer); changed(); });
  form.addEventListener("reset", (ev) => {
    ev.preventDefault();
    for (const f of FILTERS) form.elements[f].value = "";
    changed();
  });
  return () => { clearTimeout(timer); list.stop(); };
}
