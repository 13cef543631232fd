// SPDX-License-Identifier: Apache-2.0
// A raw record shown as it is: not one character is added or taken away, only
// each member gets a line of its own, and the fields that prove are marked.
import { el, said } from "./dom.js";

const MOST = 128 << 10, DEEP = 64;

// Walks JSON text and calls out(pointer, depth, text) for each piece in order.
// Throws where it is not JSON; the pieces put together are the text itself.
function pieces(s, out) {
  let i = 0;
  const space = () => { const b = i; while (i < s.length && " \t\r\n".includes(s[i])) i++; return s.slice(b, i); };
  const string = () => {
    const m = /"(?:[^"\\]|\\.)*"/suy;
    m.lastIndex = i;
    const hit = m.exec(s);
    if (!hit) throw new SyntaxError("string");
    i += hit[0].length;
    return hit[0];
  };
  const value = (pointer, depth, before) => {
    if (depth > DEEP) throw new SyntaxError("depth");
    before += space();
    const c = s[i];
    if (c === '"') return out(pointer, depth, before, string());
    if (c !== "{" && c !== "[") {
      const m = /[-+\w.]+/y;
      m.lastIndex = i;
      const hit = m.exec(s);
      if (!hit) throw new SyntaxError("value");
      i += hit[0].length;
      return out(pointer, depth, before, hit[0]);
    }
    const end = c === "{" ? "}" : "]";
    out(null, depth, before + s[i++], "");
    for (let n = 0; ; n++) {
      let lead = space();
      if (s[i] === end) { i++; return out(null, depth, lead + end, ""); }
      if (n) {
        if (s[i] !== ",") throw new SyntaxError("comma");
        i++;
        out(null, -1, lead + ",", "");
        lead = space();
      }
      let name = String(n), key = "";
      if (c === "{") {
        key = string();
        name = JSON.parse(key);
        key += space();
        if (s[i++] !== ":") throw new SyntaxError("colon");
        key += ":";
      }
      value(`${pointer}/${name.replace(/~/g, "~0").replace(/\//g, "~1")}`, depth + 1, lead + key);
    }
  };
  value("", 0, "");
  const rest = space();
  if (i !== s.length) throw new SyntaxError("more");
  if (rest) out(null, -1, rest, "");
}

// cited: [{field, value}] of this record
export function record(raw, cited) {
  const box = el("div", { class: "raw", tabindex: "0", role: "region", "aria-label": "the record as received" });
  if (raw.length > MOST) {
    box.append(said(raw, { most: MOST, lines: true, tag: "span" }));
    return box;
  }
  const fields = new Set(cited.map((v) => v.field));
  try {
    let line = null;
    pieces(raw, (pointer, depth, before, value) => {
      if (depth < 0 && line) return line.append(before);
      line = el("div", { class: `d${Math.min(Math.max(depth, 0), 9)}` }, said(before, { most: 4096, lines: true, tag: "span" }));
      if (value) {
        const proves = pointer !== null && fields.has(pointer);
        const v = said(value, { most: 2048, lines: true, tag: proves ? "mark" : "span" });
        if (proves) v.title = `${pointer}: cited as evidence`;
        line.append(v);
      }
      box.append(line);
    });
  } catch {
    box.replaceChildren(...marked(raw, cited));
  }
  return box;
}

// Text that is no JSON: the cited values are marked where they stand.
function marked(raw, cited) {
  const values = [...new Set(cited.map((v) => v.value))].filter(Boolean).sort((a, b) => b.length - a.length);
  const out = [];
  for (let rest = raw; rest;) {
    let at = -1, hit = "";
    for (const v of values) {
      const i = rest.indexOf(v);
      if (i >= 0 && (at < 0 || i < at)) [at, hit] = [i, v];
    }
    if (at < 0) { out.push(said(rest, { most: MOST, lines: true, tag: "span" })); break; }
    out.push(said(rest.slice(0, at), { most: MOST, lines: true, tag: "span" }), said(hit, { most: 2048, lines: true, tag: "mark" }));
    rest = rest.slice(at + hit.length);
  }
  return out;
}
