// SPDX-License-Identifier: Apache-2.0
// A chain as a graph: who caused what, the way back from an event, and the
// first hop of it that the records do not prove.
import { GRADES, clock, lane } from "./words.js";
import { plain } from "./dom.js";

const strength = (e) => [-GRADES.indexOf(e.grade), e.confidence];
const stronger = (a, b) => strength(b)[0] - strength(a)[0] || strength(b)[1] - strength(a)[1];

export const edgeId = (e) => `${e.from}->${e.to}`;

export function model(chain) {
  const nodes = new Map(chain.nodes.map((n) => [n.event_id, n]));
  const causes = new Map(), effects = new Map(), edges = new Map();
  const add = (map, k, e) => (map.get(k) || map.set(k, []).get(k)).push(e);
  for (const e of chain.edges) {
    if (!nodes.has(e.from) || !nodes.has(e.to)) continue;
    add(causes, e.to, e);
    add(effects, e.from, e);
    if (!edges.has(edgeId(e))) edges.set(edgeId(e), e);
  }
  for (const list of causes.values()) list.sort(stronger);
  const order = [...nodes.values()].sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0));
  return { chain, nodes, causes, effects, edges, order, parent: (id) => (causes.get(id) || [])[0] };
}

// From `id` back to the root: of all ways the one whose weakest hop is the
// strongest, and of those the shortest. Where none leads to the root, the
// strongest causes as far as they go. -> edges, the last hop (into id) first.
export function wayBack(m, id) {
  const root = m.chain.root_cause;
  for (const least of [0, 1, 2]) {
    const from = new Map([[id, null]]), queue = [id];
    for (let i = 0; i < queue.length && !from.has(root); i++)
      for (const e of m.causes.get(queue[i]) || [])
        if (GRADES.indexOf(e.grade) <= least && !from.has(e.from)) {
          from.set(e.from, e);
          queue.push(e.from);
        }
    if (from.has(root)) {
      const way = [];
      for (let e = from.get(root); e; e = from.get(e.to)) way.unshift(e);
      return { way, whole: true };
    }
  }
  const way = [], seen = new Set([id]);
  for (let e = m.parent(id); e && !seen.has(e.from); e = m.parent(e.from)) {
    way.push(e);
    seen.add(e.from);
  }
  return { way, whole: false };
}

export const firstUnproven = (way) => way.find((e) => e.grade !== "PROVABLE") || null;

// Where to begin when no event was named: the sign whose way back is weakest
// first, so that what is not proven is said and not what looks best.
export function spokesman(m) {
  const signs = m.order.filter((n) => n.role === "impact" || n.role === "seed");
  const all = (signs.length ? signs : m.order).slice(-200);
  const rank = (n) => {
    const { way, whole } = wayBack(m, n.event_id);
    return (whole ? 0 : 100) + 10 * Math.max(0, ...way.map((e) => GRADES.indexOf(e.grade)));
  };
  let best = null, most = -1;
  for (const n of all) {
    const r = rank(n);
    if (r >= most) [best, most] = [n, r];
  }
  return best ? best.event_id : m.chain.root_cause;
}

// What is drawn one by one and what is folded into a count. Signs, impacts and
// the ways to them stay; repeats, quiet branches and, beyond `budget`, whatever
// matters least go into the group of their nearest drawn ancestor.
// `must` stay whatever the budget; `opened`: how many of a group are shown.
export function fold(m, budget, opened, must) {
  const keep = new Set(must), repeats = new Map();
  const way = (id) => {
    for (let at = id; at && !keep.has(at); at = m.parent(at)?.from) keep.add(at);
  };
  const weight = { root: 0, impact: 1, seed: 2 };
  // of signs, the first of each technique tells more than the hundredth of one
  const known = new Set(), worth = new Map();
  for (const n of m.order) if (n.role in weight) {
    worth.set(n, weight[n.role] + (n.techniques.some((t) => !known.has(t)) ? 0 : 0.5));
    n.techniques.forEach((t) => known.add(t));
  }
  const important = [...worth.keys()].sort((a, b) => worth.get(a) - worth.get(b));
  for (const n of important) if (keep.size < budget) way(n.event_id);
  for (const n of m.order) {
    const e = m.parent(n.event_id);
    if (keep.has(n.event_id)) continue;
    if (!e || m.effects.has(n.event_id)) { if (keep.size < budget) keep.add(n.event_id); continue; }
    const k = `${e.from} ${n.action} ${n.host} ${lane(n)}`;
    (repeats.get(k) || repeats.set(k, []).get(k)).push(n.event_id);
  }
  for (const list of repeats.values())
    if (list.length < 3) for (const id of list) if (keep.size < budget) keep.add(id);
  return units(m, keep, opened);
}

// -> units: {id, node, ids[], group, lane, time}, and the unit of each event
function units(m, keep, opened) {
  const of = new Map(), out = [];
  for (const n of m.order) if (keep.has(n.event_id)) {
    const u = { id: n.event_id, node: n, ids: [n.event_id], group: null, lane: lane(n), time: n.timestamp };
    of.set(n.event_id, u);
    out.push(u);
  }
  // The nearest drawn ancestor, "" for none; asked once of each event on the way.
  const roof = new Map();
  const above = (id) => {
    const way = new Set();
    let up = m.parent(id)?.from;
    for (; up && !keep.has(up) && !roof.has(up) && !way.has(up); up = m.parent(up)?.from) way.add(up);
    const found = keep.has(up) ? up : roof.get(up) || "";
    for (const x of way) roof.set(x, found);
    return found;
  };
  const groups = new Map(), shown = new Map();
  for (const n of m.order) {
    if (keep.has(n.event_id)) continue;
    const k = `group ${above(n.event_id)} ${lane(n)} ${m.effects.has(n.event_id) ? "" : n.action}`;
    if ((shown.get(k) || 0) < (opened.get(k) || 0)) {
      shown.set(k, (shown.get(k) || 0) + 1);
      const u = { id: n.event_id, node: n, ids: [n.event_id], group: k, lane: lane(n), time: n.timestamp };
      of.set(n.event_id, u);
      out.push(u);
      continue;
    }
    let g = groups.get(k);
    if (!g) {
      groups.set(k, (g = { id: k, node: n, ids: [], group: k, lane: lane(n), time: n.timestamp, actions: new Map() }));
      out.push(g);
    }
    g.ids.push(n.event_id);
    g.actions.set(n.action, (g.actions.get(n.action) || 0) + 1);
    of.set(n.event_id, g);
  }
  for (const g of groups.values()) if (g.ids.length === 1) Object.assign(g, { id: g.ids[0], group: null, actions: null });
  out.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return { units: out, of };
}

export const groupText = (u) =>
  `${u.ids.length} more: ` + [...u.actions].map(([a, n]) => (n > 1 ? `${plain(a, 40)} \u00d7${n}` : plain(a, 40))).slice(0, 4).join(", ");

export const groupSpan = (m, u) => `${clock(u.time)}\u2013${clock(m.nodes.get(u.ids[u.ids.length - 1]).timestamp)}`;
