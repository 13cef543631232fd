// SPDX-License-Identifier: Apache-2.0
// The first screen: one box for whatever the analyst has in hand.
import { at, get } from "./api.js";
import { answer } from "./answer.js";
import { chainList } from "./chains.js";
import { el, put, said } from "./dom.js";
import { model, spokesman, wayBack } from "./model.js";
import { adjust, busy, fault, href } from "./page.js";
import { eventLine, grade } from "./words.js";

const HOPS = 12;                                         // followed back where no chain holds the event

export function find(into, query) {
  const box = el("input", { id: "paste", name: "q", type: "search", autocomplete: "off", spellcheck: "false", autocapitalize: "off",
    value: query.get("q") || "", maxlength: "2000", "aria-describedby": "paste-hint" });
  const out = el("div", { class: "found", "aria-live": "polite" }), below = el("div", {});
  const form = el("form", { class: "paste", role: "search", onsubmit: (ev) => {
    ev.preventDefault();
    adjust({ q: box.value.trim() });
    show();
  } }, el("label", { for: "paste" }, "Alert, event, host or account"), el("div", { class: "row" }, box, el("button", { type: "submit", class: "primary" }, "Trace back")),
  el("p", { id: "paste-hint", class: "hint" }, "An id from the alert, evt_\u2026, ch-\u2026, a host's or an account's name: the way back to the root, the first hop that is not proven, and the log that would prove it."));
  put(into, el("h1", {}, "Where did it come from?"), form, out, below);
  const list = chainList(below, new URLSearchParams({ limit: "8" }), { heading: "Chains, best score first", short: true });
  const show = async () => {
    const q = box.value.trim();
    below.hidden = Boolean(q);
    if (!q) return put(out);
    busy(out, "Looking\u2026");
    try { await look(out, q); } catch (e) { put(out, fault(e)); }
  };
  show();
  if (matchMedia("(hover: hover)").matches) box.focus();
  return list.stop;
}

function look(out, q) {
  if (/^ch-[a-z2-7]{26}$/.test(q)) { location.hash = href(["chain", q]); return undefined; }
  if (/^evt_[a-z2-7]{26}$/.test(q)) return ofEvent(out, q);
  if (/^ent_[a-z2-7]{26}$/.test(q)) return ofThings(out, q, [{ key: q, name: q }]);
  return byText(out, q);
}

// The sender's own id first, then names, then what is written in the records themselves.
async function byText(out, q) {
  const words = JSON.stringify(q).slice(1, -1);          // as a record would have it
  const [own, things, events] = await Promise.all([
    get("/events", { native_id: q, limit: 20 }).then((a) => a.events, () => []),
    get("/causal/entities", { q, limit: 50 }).then((a) => a.entities),
    words ? get("/events", { q: words, limit: 20 }).then((a) => a.events, () => []) : []]);
  if (own.length === 1) return ofEvent(out, own[0].event_id);
  if (own.length) return ofMany(out, q, own);
  const exact = things.filter((t) => t.name.toLowerCase() === q.toLowerCase());
  if (!exact.length && events.length === 1) return ofEvent(out, events[0].event_id);
  const named = exact.length ? exact : things;
  if (named.length) return ofThings(out, q, named, events);
  if (events.length) return ofMany(out, q, events);
  put(out, el("div", { class: "answer open" }, el("h2", {}, "Nothing here is called ", said(q, { most: 80 }), " and no record holds it."),
    el("p", {}, "Names are found by their beginning (DOMAIN\\name, host.domain). Did the log arrive? ", el("a", { href: "#/coverage" }, "What arrived, by host and source"))));
  return undefined;
}

function showAnswer(out, m, id, before) {
  const chain = m.chain.chain_id;
  put(out, before, answer(m, id, { edge: (e) => { if (chain) location.hash = href(["chain", chain], { edge: `${e.from}->${e.to}`, from: id }); else location.hash = href(["find"], { q: e.from }); } }),
    chain ? el("p", { class: "row" }, el("a", { class: "button", href: href(["chain", chain], { from: id }) }, "Open the chain"), grade(m.chain.confidence), ` score ${m.chain.score}`, el("span", {}, said(m.chain.title, { most: 140 }))) : null);
}

async function ofEvent(out, id) {
  const event = await get(at("events", id));
  if (event.chain_id) {
    const m = model(await get(at("chains", event.chain_id)));
    if (m.nodes.has(id)) return showAnswer(out, m, id);
    return showAnswer(out, m, m.chain.root_cause, el("p", {}, "The chain counts this event on one of its kind and does not show it: ", eventLine(event)));
  }
  const m = await onward(event);
  return showAnswer(out, m, id, el("p", {}, "No chain holds this event: no sign of an attack hangs together with it. What led to it all the same:"));
}

// The strongest recorded causes of an event of no chain, one by one.
async function onward(event) {
  const nodes = [], edges = [];
  let e = event;
  for (let i = 0; e && i < HOPS && !nodes.some((n) => n.event_id === e.event_id); i++) {
    nodes.push({ ...e, techniques: e.mitre_techniques, role: "step", count: 1 });
    const cause = [...e.in_edges].sort((a, b) => b.confidence - a.confidence)[0];
    if (!cause) break;
    edges.push(cause);
    e = await get(at("events", cause.from));
  }
  if (edges.length === nodes.length) edges.pop();
  return model({ nodes, edges, root_cause: nodes[nodes.length - 1].event_id });
}

async function ofThings(out, q, things, events) {
  const pages = await Promise.all(things.slice(0, 6).map((t) => get("/chains", { entity: t.key, limit: 10, brief: 1 })));
  const chains = [...new Map(pages.flatMap((p) => p.chains).map((c) => [c.chain_id, c])).values()].sort((a, b) => b.score - a.score);
  const names = el("p", { class: "names" }, "Found: ", things.slice(0, 12).map((t) => [el("a", { href: href(["find"], { q: t.key }) }, said(t.name, { most: 80 })), t.kind ? ` (${t.kind}) ` : " "]),
    things.length > 12 ? `and ${things.length - 12} more` : null);
  if (!chains.length) {
    const page = events && events.length ? events : (await get("/events", { entity: things[0].key, limit: 20 })).events;
    return ofMany(out, q, page, [names, el("h2", {}, "No chain goes through it.")]);
  }
  const m = model(await get(at("chains", chains[0].chain_id))), words = new Set(things.map((t) => t.name.toLowerCase()));
  const here = m.order.filter((n) => words.has(String(n.host).toLowerCase()) || words.has(String(n.actor).toLowerCase()));
  const sign = here.filter((n) => n.role === "seed" || n.role === "impact");
  const far = (sign.length ? sign : here).sort((a, b) => wayBack(m, b.event_id).way.length - wayBack(m, a.event_id).way.length)[0];
  showAnswer(out, m, far ? far.event_id : spokesman(m), names);
  if (chains.length > 1) out.append(el("h2", {}, `${chains.length - 1} more chains go through it`), el("ul", { class: "links" }, chains.slice(1).map((c) =>
    el("li", {}, grade(c.confidence), ` ${c.score} `, el("a", { href: href(["chain", c.chain_id]) }, said(c.title, { most: 160 }))))));
  return undefined;
}

function ofMany(out, q, events, before) {
  put(out, before || el("h2", {}, "Records that hold ", said(q, { most: 80 })), el("ul", { class: "links" }, events.map((e) =>
    el("li", {}, el("a", { href: href(["find"], { q: e.event_id }) }, "trace back"), " ", eventLine(e, 160)))));
}
