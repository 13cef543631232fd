// SPDX-License-Identifier: Apache-2.0
// One chain: what it is, how it came here, the picture, the evidence, the words.
import { answer } from "./answer.js";
import { at, download, get, post } from "./api.js";
import { timeline, tree } from "./astext.js";
import { tactics } from "./chains.js";
import { el, plain, put, said } from "./dom.js";
import { handling, history } from "./handling.js";
import { inspectEdge, inspectNode } from "./inspect.js";
import { onLive } from "./live.js";
import { edgeId, firstUnproven, model, spokesman, wayBack } from "./model.js";
import { adjust, announce, busy, empty, fault, href, place } from "./page.js";
import { Picture } from "./picture.js";
import { story } from "./story.js";
import { grade, hiddenBy, span, techniques, when } from "./words.js";

const TABS = [["story", "Story"], ["timeline", "Timeline"], ["text", "As text"], ["history", "Versions and notes"], ["beside", "Besides"], ["export", "Export"]];

class Chain {
  constructor(into, id, query) {
    Object.assign(this, { into, id, version: query.get("version"), from: query.get("from"), tab: query.get("tab") || "story", told: null });
    this.gone = false;
    this.head = el("div", {});
    this.news = el("div", { "aria-live": "polite" });
    this.card = el("div", {});
    this.drawn = el("div", {});
    this.detail = el("section", { class: "inspect", "aria-label": "what is selected", hidden: true });
    this.tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "more of this chain" });
    this.panel = el("div", { class: "panel", role: "tabpanel", id: "panel", tabindex: "0" });
    this.acts = { edge: (e) => this.edge(e), node: (n) => this.node(n), close: () => this.close(), way: (x) => this.way(x), changed: () => this.reload() };
  }

  async open(wanted) {
    busy(this.into, "Reading the chain\u2026");
    try {
      await this.read();
    } catch (e) { put(this.into, fault(e)); return; }
    put(this.into, this.head, this.news, this.drawn, this.detail, this.card, this.tabs, this.panel);
    this.show();
    this.picture.begin();
    performance.mark("chain-drawn");
    const edge = wanted && this.m.edges.get(wanted);
    if (edge) this.edge(edge); else this.picture.show(this.start());
    this.turn(this.tab);
    this.choke();
    this.off = onLive((kind, data) => {
      if (this.version) return;
      if (kind === "gap" || (kind.startsWith("chain.") && data.chain_id === this.id)) this.news_of(kind, data);
    });
  }

  async read() {
    const chain = await get(at("chains", this.id), this.version ? { version: this.version } : {});
    if (chain.requested_id && chain.chain_id !== this.id) this.id = chain.chain_id;
    this.m = model(chain);
    this.told = null;
  }

  start() {
    return this.from && this.m.nodes.has(this.from) ? this.from : spokesman(this.m);
  }

  // What is asked about stays in the picture, however much is folded.
  must() {
    const from = this.start(), weak = firstUnproven(wayBack(this.m, from).way);
    return [from, this.m.chain.root_cause, ...(weak ? [weak.from, weak.to] : [])].filter((id) => this.m.nodes.has(id));
  }

  show() {
    const c = this.m.chain, f = c.score_factors || [], draft = this.draft();
    document.title = `${c.confidence} ${c.score} ${plain(c.title, 60)} \u2013 TRA-CE`;
    put(this.head, el("h1", {}, grade(c.confidence), " ", el("span", { class: "score" }, c.score.toFixed(1)), " ", said(c.title, { most: 200 })),
      el("p", { class: "facts" }, `${c.nodes.length} events, ${c.edges.length} links, ${Math.round(100 * c.provable_share)} % proven \u00b7 signs proven to the root: ${c.seeds_proven_to_root} \u00b7 `, when(c.first_seen), ` over ${span(c.first_seen, c.last_seen)} \u00b7 `,
        tactics(c.mitre_tactics), " ", el("code", {}, c.chain_id), ` version ${c.version}`, this.version ? [" ", el("a", { href: href(["chain", this.id]) }, "to the present one")] : null),
      el("details", { class: "facts" }, el("summary", {}, `Why ${c.score.toFixed(1)}; ${c.mitre_techniques.length} techniques`), el("ul", {}, f.map((x) => el("li", {}, `${x.points > 0 ? "+" : ""}${x.points} ${x.name}: `, said(x.because, { most: 200 })))), el("p", {}, techniques(c.mitre_techniques))),
      c.truncated ? el("p", { class: "fault" }, "Not all of it is shown: ", said(c.truncated.why, { most: 200 }), `; ${c.truncated.events_not_explored} events were not explored.`) : null,
      c.suppressed ? el("p", { class: "facts" }, hiddenBy(c), " ", c.suppressed.rules.map((r) => [said(r.reason, { most: 300 }), ` (until ${r.expires_at.slice(0, 10)}) `])) : null,
      this.version ? null : handling(c, (now) => { this.saved = true; if (now && now.chain_id) { this.m = model({ ...now }); this.show(); this.turn(this.tab); } else this.reload(); }));
    draft();
    const opened = this.picture ? this.picture.opened : new Map(), scale = this.picture ? this.picture.scale : 1;
    this.picture = new Picture(this.m, { edge: (e) => this.edge(e), node: (n) => this.node(n) }, this.must());
    if (opened.size || scale !== 1) { this.picture.opened = opened; this.picture.scale = scale; this.picture.draw(); }
    const scrolled = this.drawn.querySelector(".canvas"), left = scrolled?.scrollLeft, top = scrolled?.scrollTop;
    put(this.drawn, this.picture.element);
    if (scrolled) this.picture.canvas.scrollTo(left, top);
    this.way(this.start(), true);
  }

  // What somebody is typing outlives news of the chain. -> puts it back
  draft() {
    const old = this.head.querySelector("form.handling"), typed = new Map();
    if (!old || this.saved) { this.saved = false; return () => {}; }
    for (const f of old.querySelectorAll("input")) if (f.value !== f.dataset.was) typed.set(f.name, f.value);
    const at = old.contains(document.activeElement) ? document.activeElement : null;
    const caret = at && "selectionStart" in at ? at.selectionStart : null;
    return () => {
      const now = this.head.querySelector("form.handling");
      for (const [name, value] of typed) now.elements[name].value = value;
      if (at && at.name) {
        now.elements[at.name].focus({ preventScroll: true });
        if (caret !== null) now.elements[at.name].setSelectionRange(caret, caret);
      }
    };
  }

  way(id, quiet) {
    const box = answer(this.m, id, this.acts);
    put(this.card, box);
    this.picture.highlight(box.way, "way");
    if (quiet) return;
    this.picture.highlight(box.way);
    box.scrollIntoView({ block: "nearest" });
  }

  edge(e) {
    adjust({ edge: edgeId(e) });
    this.detail.hidden = false;
    this.picture.highlight([e.from, e.to, edgeId(e)]);
    this.picture.show(e.to);
    inspectEdge(this.detail, this.m, e, this.acts);
    this.reveal();
  }

  node(n) {
    adjust({ edge: "" });
    this.detail.hidden = false;
    const around = [...(this.m.causes.get(n.event_id) || []), ...(this.m.effects.get(n.event_id) || [])];
    this.picture.highlight([n.event_id, ...around.flatMap((e) => [e.from, e.to, edgeId(e)])]);
    this.picture.show(n.event_id);
    inspectNode(this.detail, this.m, n, this.acts);
    this.reveal();
  }

  reveal() {
    this.back = this.drawn.contains(document.activeElement) || this.detail.contains(document.activeElement) ? null : document.activeElement;
    this.detail.scrollIntoView({ block: "nearest" });
    this.detail.querySelector("h3")?.focus({ preventScroll: true });
  }

  close() {
    adjust({ edge: "" });
    this.detail.hidden = true;
    put(this.detail);
    this.picture.highlight([]);
    if (this.back && this.back.isConnected) this.back.focus(); else this.picture.focus(this.picture.of.has(this.picture.at) ? this.picture.at : this.start());
  }

  // -------------------------------------------------------- tabs below

  turn(to) {
    this.tab = TABS.some(([k]) => k === to) ? to : "story";
    put(this.tabs, TABS.map(([k, title]) => el("button", { type: "button", role: "tab", id: `tab-${k}`, "aria-controls": "panel", "aria-selected": String(k === this.tab), tabindex: k === this.tab ? "0" : "-1",
      onclick: () => { adjust({ tab: k }); this.turn(k); this.tabs.querySelector("[aria-selected=true]").focus(); } }, title)));
    this.tabs.onkeydown = (ev) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[ev.key];
      if (!step) return;
      ev.preventDefault();
      const i = TABS.findIndex(([k]) => k === this.tab);
      this.tabs.children[(i + step + TABS.length) % TABS.length].click();
    };
    this.panel.setAttribute("aria-labelledby", `tab-${this.tab}`);
    this.fill(this.tab).catch((e) => put(this.panel, fault(e)));
  }

  async fill(tab) {
    const into = this.panel, still = () => this.tab === tab && !this.gone;
    if (tab === "timeline") return put(into, timeline(this.m, this.acts));
    if (tab === "text") return put(into, tree(this.m, this.acts));
    busy(into, "Reading\u2026");
    if (tab === "history") return history(into, this.m.chain);
    if (tab === "export") return this.exports(into);
    if (tab === "beside") return this.beside(into, still);
    const told = await this.investigate();
    if (still()) put(into, story(told, (cites, button) => this.cited(cites, button)));
    return undefined;
  }

  async beside(into, still) {
    const related = this.m.chain.related || [];
    let folded = this.m.chain.folded, why = null;
    if (!folded) try {                                    // what a change answers with leaves it out
      folded = (await get(at("chains", this.m.chain.chain_id))).folded || [];
    } catch (e) { why = fault(e); }
    if (!still()) return;
    put(into, el("h3", {}, "Possibly related, not joined"), related.length ? el("ul", {}, related.map((r) => el("li", {}, grade(r.link.grade), " ", said(r.link.because, { most: 300 }), " ",
      r.chain_id && r.chain_id !== this.m.chain.chain_id ? el("a", { href: href(["chain", r.chain_id], { from: r.event_id }) }, "its chain") : el("a", { href: href(["find"], { q: r.event_id }) }, "the event")))) : empty("Nothing."),
    el("h3", {}, "What the chain's processes did besides, counted and not drawn"), why || (folded.length ? el("ul", {}, folded.map((f) => el("li", {}, `${f.count} \u00d7 `, said(f.act, { most: 80 }), " by ", said(f.process, { most: 160 })))) : empty("Nothing.")));
  }

  investigate() {
    const c = this.m.chain;
    if (!this.told) this.told = post("/ai/investigate", this.version ? { chain: c } : { chain_id: c.chain_id });
    return this.told;
  }

  // The choke points of the story are marked in the picture, once it is there.
  async choke() {
    try {
      const told = await this.investigate();
      if (!this.gone && told.counterfactuals.length) {
        this.picture.choke(told.counterfactuals[0].cut);
        this.picture.highlight(this.card.firstChild.way, "way");
      }
    } catch { /* the key has no scope ai: the Story says so */ }
  }

  cited(cites, button) {
    const on = this.panel.querySelector(".cite.on");
    if (on) on.classList.remove("on");
    if (on === button) { this.picture.highlight([]); return; }
    button.classList.add("on");
    this.picture.highlight(cites);
    this.picture.show(cites[0].split("->")[0]);
    announce(`${cites.length} lit in the picture`);
    this.drawn.scrollIntoView({ block: "nearest" });
  }

  async exports(into) {
    const api = await get("/openapi.json");
    const p = api.paths["/chains/{chain_id}"].get.parameters.find((x) => x.name === "format");
    const c = this.m.chain, out = el("div", {});
    put(into, el("p", { class: "hint" }, "The same chain for other programs; the same version gives the same bytes."), el("div", { class: "row" }, ((p && p.schema.enum) || ["json"]).map((f) =>
      el("button", { type: "button", onclick: async () => {
        const end = { stix: "stix.json", "attack-flow": "attack-flow.json", navigator: "layer.json", ocsf: "ocsf.json" }[f] || f;
        try { await download(`${at("chains", c.chain_id)}?format=${encodeURIComponent(f)}${this.version ? `&version=${this.version}` : ""}`, `${c.chain_id}.v${c.version}.${end}`); put(out); } catch (e) { put(out, fault(e)); }
      } }, f))), out);
  }

  // ------------------------------------------------------------- live

  async news_of(kind, data) {
    const before = this.m.chain.version;
    await this.reload();
    const c = this.m.chain;
    if (c.version === before) return;
    const ids = (data.added_nodes || []).filter(Boolean);
    put(this.news, el("p", { class: "news" }, `Version ${before} \u2192 ${c.version}: `, said(data.change || kind, { most: 200 }), ids.length ? `, ${ids.length} new events` : ""));
    this.picture.highlight(ids, "fresh");
  }

  async reload() {
    try { await this.read(); } catch (e) { put(this.news, fault(e)); return; }
    if (this.gone) return;
    const edge = place().query.get("edge");
    this.show();
    this.turn(this.tab);
    this.choke();
    if (!this.detail.hidden && edge && !this.m.edges.has(edge)) this.close();
  }
}

export function chain(into, query, id) {
  const c = new Chain(into, id, query);
  c.open(query.get("edge"));
  return () => { c.gone = true; if (c.off) c.off(); };
}
