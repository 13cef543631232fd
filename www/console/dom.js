// SPDX-License-Identifier: Apache-2.0
// Elements are made here and nowhere else, and text gets into them as text:
// nothing that came from a log is ever parsed as HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(e, given) {
  for (const [name, value] of Object.entries(given || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "value") e.value = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
}

// el("p", {class: "x", onclick: f}, "text", node, [more]): false and null are left out.
export function el(tag, given, ...children) {
  const e = document.createElement(tag);
  fill(e, given);
  e.append(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

export function svg(tag, given, ...children) {
  const e = document.createElementNS(SVG, tag);
  fill(e, given);
  e.append(...children.flat(3).filter(Boolean));
  return e;
}

export function put(into, ...children) {
  into.replaceChildren(...children.flat(3).filter((c) => c !== null && c !== undefined && c !== false));
  return into;
}

// ------------------------------------------------------------- hostile text

// Characters that show nothing and do something: controls, marks that turn the
// direction of what follows (CVE-2021-42574), zero-width ones, tags (U+E00xx),
// variation selectors out of place. Each is shown by its number.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/u;
const EVERY_UNSEEN = new RegExp(UNSEEN, "gu");
// Letters pile up marks without end; eight are more than any script needs.
const PILED = /(\p{M}{8})\p{M}+/gu;
const NAMED = { 0: "NUL", 9: "TAB", 10: "LF", 13: "CR", 27: "ESC" };

const number = (c) => {
  const n = c.codePointAt(0);
  return NAMED[n] || "U+" + n.toString(16).toUpperCase().padStart(4, "0");
};

// As one string, for labels, titles and drawings.
export function plain(text, most = 200) {
  const s = String(text ?? "").slice(0, most * 4).replace(PILED, "$1\u2026").replace(EVERY_UNSEEN, (c) => `\u27e8${number(c)}\u27e9`);
  const letters = Array.from(s);
  return letters.length <= most ? s : letters.slice(0, most - 1).join("") + "\u2026";
}

// As nodes; `lines` keeps line ends and tabs as they are (raw records).
function shown(text, lines) {
  const out = [];
  let rest = text.replace(PILED, "$1\u2026");
  for (let m; (m = UNSEEN.exec(rest)); rest = rest.slice(m.index + m[0].length)) {
    out.push(rest.slice(0, m.index));
    if (lines && (m[0] === "\n" || m[0] === "\t")) out.push(m[0]);
    else out.push(el("span", { class: "unseen", title: "a character that shows nothing" }, number(m[0])));
  }
  out.push(rest);
  return out;
}

// Words out of a log, isolated so that their direction stays their own, clipped
// with the rest one press away.
export function said(text, { most = 160, lines = false, tag = "bdi" } = {}) {
  const whole = String(text ?? "");
  const e = el(tag, { class: "said", dir: lines ? "ltr" : "auto" });
  const letters = whole.length > most ? Array.from(whole.slice(0, most)) : null;
  put(e, shown(letters ? letters.join("") : whole, lines));
  if (letters) {
    const more = el("button", { type: "button", class: "more" }, `\u2026 ${(whole.length - most).toLocaleString("en")} more characters`);
    more.addEventListener("click", (ev) => {
      ev.stopPropagation();
      ev.preventDefault();
      put(e, shown(whole.slice(0, 1 << 20), true));
      e.classList.add("whole");
    });
    e.append(more);
  }
  return e;
}
