// SPDX-License-Identifier: Apache-2.0
// The chain drawn: time from left to right, a lane a host, grades by the form
// of the line, what repeats folded into a count. One tab stop; arrows walk it.
import { el, plain, put, svg } from "./dom.js";
import { BOX, HEAD, place, route } from "./layout.js";
import { edgeId, fold, groupSpan, groupText } from "./model.js";
import { GRADES, ROLES, clock, day, titleOf, what } from "./words.js";

const BUDGET = 90;                                       // boxes in the first view
const AT_ONCE = 500;                                     // more, each time that is asked for
const STEP = 1.25, SMALLEST = 0.35, LARGEST = 2.5;

const label = (n) => `${ROLES[n.role]?.[1] || n.role}: ${titleOf(n)}${n.count > 1 ? `, ${n.count} times` : ""}` +
  (n.techniques.length ? `, ${n.techniques.join(" ")}` : "");

function lines(m, of) {
  const out = new Map();
  for (const e of m.edges.values()) {
    const from = of.get(e.from), to = of.get(e.to);
    if (from === to) continue;
    const k = from.id + "\n" + to.id;
    const l = out.get(k) || out.set(k, { from, to, edges: [], grade: 0 }).get(k);
    l.edges.push(e);
    l.grade = Math.max(l.grade, GRADES.indexOf(e.grade));   // of several the weakest
  }
  return [...out.values()];
}

function arrows() {
  const tip = (g, shape) => svg("marker", { id: `tip-${g}`, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 9, markerHeight: 9, orient: "auto", markerUnits: "userSpaceOnUse" }, shape);
  return svg("defs", {},
    tip("PROVABLE", svg("path", { d: "M0 0L10 5L0 10z", class: "tip-PROVABLE" })),
    tip("MIXED", svg("path", { d: "M1 1L9 5L1 9", class: "tip-open tip-MIXED" })),
    tip("INFERRED", svg("circle", { cx: 6, cy: 5, r: 3, class: "tip-open tip-INFERRED" })),
    svg("clipPath", { id: "box" }, svg("rect", { width: BOX.w - 6, height: BOX.h })));
}

function drawLine(l, i, on) {
  const g = GRADES[l.grade], d = route(l.from, l.to, i), e = l.edges[0];
  const hit = svg("path", { d, class: "hit" });
  const out = svg("g", { class: `line g-${g}`, "data-edge": l.edges.map(edgeId).join(" ") },
    svg("path", { d, class: "stroke", "marker-end": `url(#tip-${g})` }), hit);
  out.append(svg("title", {}, l.edges.length > 1 ? `${l.edges.length} links, the weakest ${g}` : `${e.rule}, ${g}: press for the evidence`));
  out.addEventListener("click", () => on.edge(e));
  return out;
}

function drawUnit(m, u, on, marks) {
  const n = u.node, group = Boolean(u.actions), choke = marks.has(u.id);
  const head = plain(group ? groupText(u) : what(n), 22);
  const sub = group ? groupSpan(m, u) : plain(`${clock(n.timestamp)} ${n.techniques[0] || n.action}${n.techniques.length > 1 ? ` +${n.techniques.length - 1}` : ""}`, 26);
  const count = n.count > 1 && !group ? `\u00d7${n.count}` : "";
  const cut = choke ? "\u2702 cut here" : "";
  const full = group ? groupText(u) : label(n);
  // what is heard begins with what is seen
  const g = svg("g", { class: `unit ${group ? "group" : `role-${n.role}`}${choke ? " choke" : ""}`, role: "button", tabindex: "-1", transform: `translate(${u.x} ${u.y})`, "data-unit": u.id,
    "aria-label": [head, sub, count, cut, group ? `${full}. Press to unfold` : full].filter(Boolean).join(" ") });
  if (group) g.append(svg("rect", { x: 5, y: 5, width: BOX.w - 2, height: BOX.h - 2, rx: 5, class: "back" }));
  g.append(svg("rect", { width: BOX.w, height: BOX.h, rx: 5, class: "box" }),
    svg("g", { "clip-path": "url(#box)" },
      svg("text", { x: 8, y: 17, class: "sign", "aria-hidden": "true" }, (group ? "\u229e" : ROLES[n.role]?.[0] || "") + " "),
      svg("text", { x: 24, y: 17, class: "head" }, head + " "), svg("text", { x: 24, y: 32, class: "sub" }, sub + " "),
      count ? svg("text", { x: BOX.w - 8, y: 32, class: "count" }, count + " ") : null),
    svg("title", {}, full));
  if (cut) g.append(svg("text", { x: BOX.w - 2, y: BOX.h + 11, class: "cut" }, cut));
  g.addEventListener("click", () => on.unit(u));
  return g;
}

function axis(units) {
  const out = svg("g", { class: "axis", "aria-hidden": "true" }), first = new Map();
  for (const u of units) if (!first.has(u.col)) first.set(u.col, u);
  let before = null;
  for (const u of first.values()) {
    const gap = before ? (Date.parse(u.time) - Date.parse(before)) / 1000 : 0;
    const far = gap >= 86400 ? `+${Math.round(gap / 86400)} d ` : gap >= 3600 ? `+${Math.round(gap / 3600)} h ` : "";
    if (before === null || u.time.slice(0, 19) !== before.slice(0, 19))
      out.append(svg("text", { x: u.x, y: 16, class: far ? "far" : "" }, before === null || day(before) !== day(u.time) ? `${day(u.time)} ${clock(u.time)}` : far + clock(u.time)));
    before = u.time;
  }
  return out;
}

export class Picture {
  constructor(m, on, must) {
    this.m = m;
    this.must = must;
    this.on = { edge: on.edge, node: on.node, unit: (u) => (u.actions ? this.unfold(u) : on.node(u.node)) };
    this.opened = new Map();                              // group -> how many of it are shown
    this.marks = new Set();
    this.scale = 1;
    this.at = null;                                       // the unit that has the one tab stop
    this.canvas = el("div", { class: "canvas", tabindex: "-1" });
    this.tools = el("div", { class: "tools", role: "toolbar", "aria-label": "drawing" });
    this.element = el("section", { class: "picture", "aria-label": "The chain, drawn" }, this.tools, this.canvas);
    this.canvas.addEventListener("scroll", () => this.stick());
    this.canvas.addEventListener("keydown", (ev) => this.key(ev));
    this.canvas.addEventListener("wheel", (ev) => {
      if (!ev.ctrlKey) return;
      ev.preventDefault();
      this.zoom(this.scale * (ev.deltaY < 0 ? STEP : 1 / STEP));
    }, { passive: false });
    this.draw();
  }

  draw() {
    const { units, of } = fold(this.m, BUDGET, this.opened, this.must);
    this.units = units;
    this.of = of;
    const ls = lines(this.m, of);
    this.size = place(units, ls);
    const root = svg("svg", { class: "dag", viewBox: `0 0 ${this.size.width} ${this.size.height}`, role: "group",
      "aria-label": `${this.m.nodes.size} events and ${this.m.edges.size} links. Left: the cause. Right: the effect. Up and down: earlier and later. Enter: details. E: evidence of the link to its cause.` });
    const lanes = svg("g", { class: "lanes" });
    this.names = svg("g", { class: "names", "aria-hidden": "true" });
    for (const l of this.size.lanes) {
      lanes.append(svg("rect", { x: 0, y: l.y, width: this.size.width, height: l.h }));
      this.names.append(svg("text", { x: 10, y: l.y + 16 }, plain(l.name, 80)));
    }
    root.append(arrows(), lanes, axis(units), svg("g", {}, ls.map((l, i) => drawLine(l, i, this.on))),
      svg("g", {}, units.map((u) => drawUnit(this.m, u, this.on, this.marks))), this.names);
    this.svg = root;
    put(this.canvas, root);
    this.boxes = new Map([...root.querySelectorAll("[data-unit]")].map((g) => [g.dataset.unit, g]));
    const first = this.boxes.get(this.at) || this.boxes.get(this.m.chain.root_cause) || this.boxes.values().next().value;
    if (first) { first.setAttribute("tabindex", "0"); this.at = first.dataset.unit; }
    this.toolbar();
    this.resize();
  }

  toolbar() {
    const b = (text, title, f) => el("button", { type: "button", title, "aria-label": text.length === 1 ? title : null, onclick: f }, text);
    const groups = this.units.filter((u) => u.actions);
    const hidden = groups.reduce((n, u) => n + u.ids.length, 0);
    put(this.tools,
      b("\u2212", "smaller", () => this.zoom(this.scale / STEP)), b("+", "larger", () => this.zoom(this.scale * STEP)),
      b("fit", "whole width", () => this.fit()), b("1:1", "natural size", () => this.zoom(1)),
      hidden ? b(hidden > AT_ONCE ? `unfold ${AT_ONCE} of ${hidden.toLocaleString("en")} events` : `unfold ${hidden} events`, hidden > AT_ONCE ? "show the next events" : "show every event", () => this.unfoldAll(groups)) : null,
      this.opened.size ? b("fold again", "count what repeats", () => { this.opened.clear(); this.draw(); }) : null,
      el("span", { class: "legend" }, GRADES.map((g) => {
        const s = svg("svg", { width: 34, height: 10, "aria-hidden": "true" }, svg("path", { d: "M0 5L24 5", class: `stroke g-${g}`, "marker-end": `url(#tip-${g})` }));
        return el("span", {}, s, " ", g.toLowerCase());
      })),
      el("span", { class: "legend" }, ["root", "seed", "impact"].map((r) => el("span", {}, el("span", { class: `sign role-${r}`, "aria-hidden": "true" }, ROLES[r][0]), " ", ROLES[r][1]))));
  }

  resize() {
    this.svg.setAttribute("width", Math.round(this.size.width * this.scale));
    this.svg.setAttribute("height", Math.round(this.size.height * this.scale));
    this.stick();
  }

  // Names of lanes and hours stay in sight.
  stick() {
    this.names.setAttribute("transform", `translate(${this.canvas.scrollLeft / this.scale} 0)`);
  }

  zoom(to) {
    const c = this.canvas, middle = (c.scrollLeft + c.clientWidth / 2) / this.scale;
    this.scale = Math.min(LARGEST, Math.max(SMALLEST, to));
    this.resize();
    c.scrollLeft = middle * this.scale - c.clientWidth / 2;
  }

  // As much of it as stays legible.
  begin() {
    this.zoom(Math.min(1, Math.max(0.9, (this.canvas.clientWidth - 4) / this.size.width)));
  }

  fit() {
    this.zoom((this.canvas.clientWidth - 4) / this.size.width);
    this.canvas.scrollLeft = 0;
  }

  open(u, most) {
    const n = Math.min(most, u.ids.length);
    this.opened.set(u.id, (this.opened.get(u.id) || 0) + n);
    return n;
  }

  // Thousands at once would stop the browser for a quarter of a minute.
  unfoldAll(groups) {
    let left = AT_ONCE;
    for (const u of groups) if (left > 0) left -= this.open(u, left);
    this.draw();
  }

  unfold(u) {
    this.open(u, AT_ONCE);
    this.at = u.ids[0];
    this.draw();
    this.focus(u.ids[0]);
  }

  focus(id) {
    const u = this.of.get(id), g = u && this.boxes.get(u.id);
    if (!g) return;
    this.boxes.get(this.at)?.setAttribute("tabindex", "-1");
    g.setAttribute("tabindex", "0");
    this.at = u.id;
    g.focus({ preventScroll: true });
    this.show(id);
  }

  show(id) {
    const u = this.of.get(id), c = this.canvas, s = this.scale;
    if (!u) return;
    const x = u.x * s, y = u.y * s, w = BOX.w * s, h = BOX.h * s;
    if (x < c.scrollLeft + 20 || x + w > c.scrollLeft + c.clientWidth - 20) c.scrollLeft = x - (c.clientWidth - w) / 2;
    if (y < c.scrollTop + HEAD || y + h > c.scrollTop + c.clientHeight - 10) c.scrollTop = y - (c.clientHeight - h) / 2;
  }

  // Events and links (as `from->to`) that stand out; the rest steps back.
  highlight(ids, name = "lit") {
    const all = new Set(ids);
    if (name === "lit") this.svg.classList.toggle("dim", all.size > 0);
    const units = new Set([...all].map((id) => this.of.get(id)?.id).filter(Boolean));
    for (const [id, g] of this.boxes) g.classList.toggle(name, units.has(id));
    for (const l of this.svg.querySelectorAll("[data-edge]")) l.classList.toggle(name, l.dataset.edge.split(" ").some((e) => all.has(e)));
    return units.size > 0;
  }

  choke(ids) {
    this.marks = new Set(ids);
    const lit = [...this.svg.querySelectorAll(".lit")].flatMap((g) => (g.dataset.unit ? [g.dataset.unit] : g.dataset.edge.split(" ")));
    const had = this.canvas.contains(document.activeElement);
    const left = this.canvas.scrollLeft;
    this.draw();
    this.canvas.scrollLeft = left;
    if (lit.length) this.highlight(lit);
    if (had) this.focus(this.at);
  }

  key(ev) {
    const id = this.at, u = this.units.find((x) => x.id === id);
    if (!u || ev.ctrlKey || ev.altKey || ev.metaKey) return;
    const i = this.units.indexOf(u);
    const cause = this.m.parent(u.ids[0]), effect = u.ids.map((x) => (this.m.effects.get(x) || []).find((e) => this.of.get(e.to) !== u)).find(Boolean);
    const go = {
      ArrowLeft: cause && cause.from, ArrowRight: effect && effect.to,
      ArrowUp: this.units[i - 1]?.ids[0], ArrowDown: this.units[i + 1]?.ids[0],
      Home: this.units[0].ids[0], End: this.units[this.units.length - 1].ids[0],
    };
    const act = {
      Enter: () => this.on.unit(u), " ": () => this.on.unit(u), e: () => cause && this.on.edge(cause),
      "+": () => this.zoom(this.scale * STEP), "-": () => this.zoom(this.scale / STEP), 0: () => this.fit(),
    };
    if (ev.key in go) { if (go[ev.key]) this.focus(go[ev.key]); } else if (ev.key in act) act[ev.key](); else return;
    ev.preventDefault();
  }
}
