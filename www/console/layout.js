// SPDX-License-Identifier: Apache-2.0
/*
 * Where things stand. Three questions, three answers:
 *
 *   left to right   the clock. Units in order of time fill columns; a unit
 *                   stands right of its causes, and never left of what came
 *                   before it.
 *   lane            the host (or the source, where there is no host).
 *   row in a lane   dagre. It orders the graph so that few lines cross, and
 *                   its order, not its places, decides who stands above whom.
 */
import { Graph, layout } from "./vendor/dagre.esm.js";

export const BOX = { w: 178, h: 40 }, GAP = { x: 52, y: 14 }, HEAD = 26, LANE = { top: 24, bottom: 12, gap: 6 }, LEFT = 16;
const ROWS = 6;                                           // at most, in one column of a lane

function dagreOrder(units, lines) {
  const g = new Graph();
  g.setGraph({ rankdir: "LR", ranker: "network-simplex", nodesep: 10, ranksep: 20 });
  g.setDefaultEdgeLabel(() => ({}));
  const number = new Map();
  units.forEach((u, i) => {
    number.set(u, String(i));
    g.setNode(String(i), { width: BOX.w, height: BOX.h });
  });
  for (const l of lines) if (l.from !== l.to) g.setEdge(number.get(l.from), number.get(l.to));
  layout(g);
  units.forEach((u, i) => { u.order = g.node(String(i)).y; });
}

// Members of an opened group stand where the group stood: dagre sees the group.
function order(units, lines) {
  const seen = new Map();
  const stand = (u) => {
    if (!u.group || u.actions) return u;
    return seen.get(u.group) || seen.set(u.group, { of: u.group }).get(u.group);
  };
  const stands = [...new Set(units.map(stand))];
  dagreOrder(stands, lines.map((l) => ({ from: stand(l.from), to: stand(l.to) })));
  for (const u of units) u.order = stand(u).order;
}

function columns(units, causes) {
  let now = 0, full = new Map();
  const next = (to) => { now = to; full = new Map(); };
  for (const u of units) {
    let least = 0;
    for (const c of causes.get(u) || []) if (c.col !== undefined) least = Math.max(least, c.col + 1);
    if (least > now) next(least);
    if ((full.get(u.lane) || 0) >= ROWS) next(now + 1);
    full.set(u.lane, (full.get(u.lane) || 0) + 1);
    u.col = now;
  }
  return now + 1;
}

// In each column of a lane: dagre's order, and beside the cause where there is room.
function rows(units, causes) {
  const cells = new Map(), high = new Map();
  for (const u of units) {
    const k = `${u.col} ${u.lane}`;
    (cells.get(k) || cells.set(k, []).get(k)).push(u);
  }
  for (const list of cells.values()) {
    list.sort((a, b) => a.order - b.order);
    list.forEach((u, i) => {
      const near = (causes.get(u) || []).find((c) => c.lane === u.lane && c.row !== undefined);
      const left = list.length - i - 1;
      const lowest = i ? list[i - 1].row + 1 : 0;
      u.row = Math.max(lowest, Math.min(near ? near.row : lowest, ROWS - 1 - left));
    });
    const l = list[0].lane;
    high.set(l, Math.max(high.get(l) || 0, list[list.length - 1].row + 1));
  }
  return high;
}

// Places each unit (x, y, w, h) and gives the lanes and the drawing's size.
export function place(units, lines) {
  const causes = new Map();
  for (const l of lines) if (l.from !== l.to) (causes.get(l.to) || causes.set(l.to, []).get(l.to)).push(l.from);
  order(units, lines);
  const cols = columns(units, causes);
  const high = rows(units, causes);
  const lanes = [...new Set(units.map((u) => u.lane))].map((name) => ({ name, rows: high.get(name) }));
  let y = HEAD;
  for (const l of lanes) {
    l.y = y;
    l.h = LANE.top + l.rows * (BOX.h + GAP.y) - GAP.y + LANE.bottom;
    y += l.h + LANE.gap;
  }
  const of = new Map(lanes.map((l) => [l.name, l]));
  for (const u of units) {
    u.x = LEFT + u.col * (BOX.w + GAP.x);
    u.y = of.get(u.lane).y + LANE.top + u.row * (BOX.h + GAP.y);
  }
  return { lanes, width: LEFT * 2 + cols * (BOX.w + GAP.x) - GAP.x + 24, height: y };
}

// A line from the right side of one box to the left side of another: straight
// over to the next column, else through the gap between two rows, so that it
// runs behind no third box. Lines of one cause share their way.
export function route(a, b, i) {
  const x1 = a.x + BOX.w, y1 = a.y + BOX.h / 2, x2 = b.x, y2 = b.y + BOX.h / 2;
  const r = 7;
  if (b.col <= a.col) {                                   // against the clock: below both
    const low = Math.max(a.y, b.y) + BOX.h + 8;
    return `M${x1} ${y1} c20 0 20 ${low - y1} 0 ${low - y1} L${x2} ${low} c-20 0 -20 ${y2 - low} 0 ${y2 - low}`;
  }
  const out = x1 + 14 + (i % 4) * 3;
  if (b.col === a.col + 1) {
    if (Math.abs(y2 - y1) < 2) return `M${x1} ${y1} L${x2} ${y2}`;
    const s = Math.sign(y2 - y1), k = Math.min(r, Math.abs(y2 - y1) / 2);
    return `M${x1} ${y1} L${out - k} ${y1} q${k} 0 ${k} ${s * k} L${out} ${y2 - s * k} q0 ${s * k} ${k} ${s * k} L${x2} ${y2}`;
  }
  const into = x2 - 16;
  const gap = b.y - GAP.y / 2 + (i % 3) * 3 - 3;          // above the target's row
  const s = Math.sign(gap - y1) || 1, k = Math.min(r, Math.abs(gap - y1) / 2), d = Math.min(r, Math.abs(y2 - gap) / 2);
  return `M${x1} ${y1} L${out - k} ${y1} q${k} 0 ${k} ${s * k} L${out} ${gap - s * k} q0 ${s * k} ${k} ${s * k}` +
    ` L${into - d} ${gap} q${d} 0 ${d} ${d} L${into} ${y2 - d} q0 ${d} ${d} ${d} L${x2} ${y2}`;
}
