// SPDX-License-Identifier: Apache-2.0
// What the screens are made of.
import { el, say, copy } from "./dom.js";
import { ORIGIN, Problem } from "./api.js";

export function head(title, text, ...actions) {
  return el("div", { class: "head" }, el("div", null, el("h1", { tabindex: "-1" }, title), text && el("p", { class: "quiet" }, text)),
    actions.length ? el("div", { class: "row" }, actions) : null);
}

export const sheet = (title, ...kids) => el("section", { class: "sheet" }, title && el("h2", null, title), kids);
export const note = (kind, ...kids) => el("p", { class: `note ${kind}`, role: kind === "bad" ? "alert" : null }, kids);
export const tag = (kind, text) => el("span", { class: `tag ${kind}` }, text);

// Columns [name, of(row), class?]; on a phone each row is a card with the names beside the values.
export function table(caption, columns, rows, none) {
  if (!rows.length) return el("p", { class: "quiet" }, none);
  return el("div", { class: "scroll", role: "group", "aria-label": caption, tabindex: "0" }, el("table", { class: "cards" },
    el("thead", null, el("tr", null, columns.map(([name, , kind]) => el("th", { scope: "col", class: kind }, name)))),
    el("tbody", null, rows.map(r => el("tr", null, columns.map(([name, of, kind]) =>
      el("td", { "data-label": name, class: kind }, el("div", null, of(r)))))))));
}

export function code(text, kind = "") {
  return el("div", { class: `code ${kind}` }, el("pre", { tabindex: "0" }, text),
    el("button", { class: "slim", type: "button", onclick: () => copy(text), "aria-label": "Copy " + (kind === "secret" ? "the key" : "these lines") }, "Copy"));
}

// The same by API: [method, path, body] each.
export function sameByApi(...calls) {
  return el("details", { class: "api" }, el("summary", null, "Same by API"),
    calls.map(([method, path, body]) => code(curl(method, path, body, "$TRACE_KEY"))),
    el("p", null, "With a key of scope admin (this tenant) or operator, in TRACE_KEY."));
}

const quoted = s => "'" + s.replaceAll("'", "'\\''") + "'";
export function curl(method, path, body, key) {
  const words = ["curl -sS", method === "GET" ? null : `-X ${method}`, quoted(ORIGIN + path),
    key.startsWith("$") ? `-H "X-API-Key: ${key}"` : `-H ${quoted("X-API-Key: " + key)}`];
  if (body !== undefined) words.push("-H 'Content-Type: application/json'", "-d " + quoted(typeof body === "string" ? body : JSON.stringify(body)));
  return words.filter(Boolean).join(" \\\n  ");
}

let ids = 0;
// A labelled control; the form shows a server's word about it by its name.
export function field(label, control, hint) {
  const id = control.id || `f${++ids}`, below = [];
  control.id = id;
  if (hint) below.push(el("p", { class: "hint", id: id + "-hint" }, hint));
  if (below.length) control.setAttribute("aria-describedby", id + "-hint");
  return el("div", { class: "field" }, el("label", { for: id }, label), control, below);
}

export const input = (name, props) => el("input", { name, type: "text", autocomplete: "off", spellcheck: "false", ...props });
export const select = (name, options, value) => el("select", { name, "aria-label": null },
  options.map(([v, text]) => el("option", { value: v, selected: v === value }, text)));
export const pick = (kind, name, value, text, hint, checked) => el("label", { class: "pick" },
  el("input", { type: kind, name, value, checked }), el("div", null, el("b", null, text), hint && el("span", null, hint)));

// A form that is sent by `act(FormData)`: once at a time, its faults beside the fields they are of.
export function form(act, button, ...kids) {
  const said = el("div", null), send = el("button", { class: "first", type: "submit" }, button);
  const f = el("form", { novalidate: true }, kids, said, el("div", { class: "row" }, send));
  let busy = false;
  f.addEventListener("submit", async e => {
    e.preventDefault();
    if (busy) return;
    busy = true;
    send.setAttribute("aria-disabled", "true");
    clear(f, said);
    try {
      await act(new FormData(f), f);
    } catch (p) {
      fault(f, said, p);
    } finally {
      busy = false;
      send.removeAttribute("aria-disabled");
    }
  });
  return f;
}

function clear(f, said) {
  said.replaceChildren();
  for (const w of f.querySelectorAll(".wrong")) w.remove();
  for (const c of f.querySelectorAll("[aria-invalid]")) c.removeAttribute("aria-invalid");
}

function fault(f, said, p) {
  if (!(p instanceof Problem)) throw p;
  let first = null, left = [];
  for (const [name, text] of p.fields) {
    const c = f.elements.namedItem(name);
    if (!(c instanceof HTMLElement)) { left.push(`${name} ${text}`); continue; }
    const id = c.id + "-wrong";
    c.setAttribute("aria-invalid", "true");
    c.setAttribute("aria-errormessage", id);
    c.after(el("p", { class: "wrong", id }, `It ${text}.`));
    first = first || c;
  }
  if (!p.fields.size) left = [p.message];
  if (left.length) said.append(note("bad", left.join("; "), p.status >= 500 && p.id ? ` (request ${p.id})` : ""));
  (first || f.querySelector("input, select, textarea"))?.focus();
}

// A question before what cannot be taken back; act() runs while it is open.
export function ask(title, kids, button, act, kind = "first") {
  const said = el("div", null);
  const d = el("dialog", { "aria-labelledby": "ask-title" }, el("h2", { id: "ask-title" }, title), kids, said, el("div", { class: "row" },
    el("button", { class: kind, type: "button", onclick: async () => {
      try {
        await act(d);
        d.close();
      } catch (p) {
        if (!(p instanceof Problem)) throw p;
        said.replaceChildren(note("bad", p.message));
      }
    } }, button),
    el("button", { type: "button", onclick: () => d.close() }, "Cancel")));
  d.addEventListener("close", () => d.remove());
  document.body.append(d);
  d.showModal();
  return d;
}

export { say };
