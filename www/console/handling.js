// SPDX-License-Identifier: Apache-2.0
// What analysts decide: status, assignee, ticket, note, disposition; and the
// chain's versions with what changed and why.
import { at, get, patch, post } from "./api.js";
import { el, plain, put, said } from "./dom.js";
import { empty, fault, href } from "./page.js";
import { STATUSES, grade, human, when } from "./words.js";

const DISPOSITIONS = ["true_positive", "false_positive", "benign"];

export function handling(chain, changed) {
  const out = el("div", {});
  const send = async (what) => {
    try { changed(await what()); } catch (e) { put(out, fault(e)); }
  };
  const status = el("select", { name: "status" }, STATUSES.map((s) => el("option", { value: s }, human(s))));
  status.value = chain.status;
  status.addEventListener("change", () => send(() => patch(at("chains", chain.chain_id), { status: status.value })));
  const text = (name, label, size) => el("label", {}, label, el("input", { name, value: chain[name] || "", "data-was": chain[name] || "", size, maxlength: "200", autocomplete: "off" }));
  const note = el("input", { name: "note", "data-was": "", maxlength: "4000", autocomplete: "off", placeholder: "kept with name and time" });
  const form = el("form", { class: "handling", "aria-label": "handling", onsubmit: (ev) => {
    ev.preventDefault();
    const what = {};
    for (const f of ["assignee", "ticket"]) if (form.elements[f].value.trim() !== (chain[f] || "")) what[f] = form.elements[f].value.trim();
    if (note.value.trim()) what.note = note.value.trim();
    if (Object.keys(what).length) send(() => patch(at("chains", chain.chain_id), what));
  } }, el("label", {}, "Status", status), text("assignee", "Assignee", 12), text("ticket", "Ticket", 8), el("label", { class: "grow" }, "Note", note), el("button", { type: "submit" }, "Save"),
  el("fieldset", {}, el("legend", {}, "It is"), DISPOSITIONS.map((d) => el("button", { type: "button", "aria-pressed": String(chain.disposition === d), onclick: () =>
    send(() => post(at("chains", chain.chain_id, "disposition"), { disposition: d, ...(note.value.trim() ? { note: note.value.trim() } : {}) })) }, human(d)))), out);
  const so_far = [human(chain.status), chain.disposition && human(chain.disposition), chain.assignee && plain(chain.assignee, 40), chain.ticket && plain(chain.ticket, 40)].filter(Boolean).join(", ");
  return el("details", { class: "handled", open: matchMedia("(min-width: 641px)").matches }, el("summary", {}, `Handling: ${so_far}`), form);
}

const arrow = (before, now, same) => (before === undefined || before === now ? same : [before, " \u2192 ", same]);

function version(chain, v) {
  const d = v.diff || {};
  return el("li", {}, el("p", {}, el("b", {}, `Version ${v.version}`), " ", when(v.at), " ", said(v.change, { most: 200 })),
    el("p", {}, d.grade_before && d.grade_before !== v.confidence ? [grade(d.grade_before), " \u2192 "] : null, grade(v.confidence), " score ", arrow(d.score_before, v.score, String(v.score)),
      `, ${(d.added_nodes || []).length} events and ${(d.added_edges || []).length} links came`, d.removed_nodes ? `, ${d.removed_nodes} events went` : "",
      v.version !== chain.version ? [" \u00b7 ", el("a", { href: href(["chain", chain.chain_id], { version: v.version }) }, "as it was")] : " \u00b7 shown"));
}

export async function history(into, chain) {
  const h = await get(at("chains", chain.chain_id, "history"));
  put(into, el("h3", {}, "What analysts said"), h.notes.length ? el("ol", { class: "plainlist" }, h.notes.slice().reverse().map((n) =>
    el("li", {}, when(n.at), " by ", n.who.startsWith("admin:") ? el("b", {}, said(n.who.slice(6), { most: 64 })) : ["key ", el("code", {}, said(n.who))], ` ${human(n.what)}: `, said(n.text, { most: 500 })))) : empty("Nothing yet."),
  el("h3", {}, "Versions"), el("ol", { class: "plainlist" }, h.versions.slice().reverse().map((v) => version(chain, v))));
}
