// SPDX-License-Identifier: Apache-2.0
// Grades, times and events in few words, the same everywhere.
import { el, plain, said } from "./dom.js";

export const GRADES = ["PROVABLE", "MIXED", "INFERRED"];
const SIGN = { PROVABLE: "\u25cf", MIXED: "\u25d0", INFERRED: "\u25cb" };     // full, half, empty
export const MEANING = {
  PROVABLE: "the records themselves hold the proof",
  MIXED: "a recorded identifier and an assumption",
  INFERRED: "alike, not proven",
};
export const ROLES = {
  root: ["\u25c6", "root cause"], seed: ["\u25b2", "sign"], impact: ["\u2716", "impact"],
  step: ["\u2022", "step"], context: ["\u00b7", "context"],
};
export const STATUSES = ["open", "in_progress", "contained", "closed"];

export const grade = (g) =>
  el("span", { class: `grade g-${g}`, title: MEANING[g] || "" }, el("span", { class: "sign", "aria-hidden": "true" }, SIGN[g] || "?"), " ", g);

export const human = (word) => String(word).replace(/[_-]/g, " ");

// 2026-03-11T10:03:05.000Z -> 2026-03-11 10:03:05 (UTC, as every log has it)
export const day = (t) => String(t || "").slice(0, 10);
export const clock = (t) => String(t || "").slice(11, 19);
export function when(t) {
  const s = String(t || "");
  return el("time", { datetime: s, title: s }, `${day(s)} ${clock(s)}`);
}

export function span(a, b) {
  const s = Math.max(0, (Date.parse(b) - Date.parse(a)) / 1000);
  if (!(s >= 1)) return "at once";
  for (const [unit, n] of [["d", 86400], ["h", 3600], ["min", 60]]) if (s >= 2 * n) return `${Math.round(s / n)} ${unit}`;
  return `${Math.round(s)} s`;
}

// The last part of a path and what follows it: `"C:\x\cmd.exe" /c y` -> `cmd.exe /c y`
export function brief(text) {
  const s = String(text ?? "").slice(0, 600);
  const m = /^"?(?:[a-z]:|\\)(?:[^"<>|*?\r\n]*?[\\/])?([^"\\/\s<>|*?]+\.\w{2,4})"?(?=\s|$)/i.exec(s) || /^\/(?:[^\s/]+\/)+([^\s/]+)/.exec(s);
  return m ? m[1] + s.slice(m[0].length) : s;
}

export const what = (n) => brief(n.target || n.actor || n.action);
export const lane = (n) => n.host || n.source;

export const titleOf = (n) => plain(`${clock(n.timestamp)} ${n.action} ${n.target || ""} by ${n.actor}${n.host ? " on " + n.host : ""}`, 240);

export function eventLine(n, most = 160) {
  return [when(n.timestamp), " ", el("b", {}, said(n.action, { most: 80 })), " ", said(n.target || "", { most }),
    " by ", said(n.actor, { most: 80 }), n.host && [" on ", said(n.host, { most: 80 })]];
}

export const techniques = (list) =>
  (list || []).map((t) => el("span", { class: "tag" }, t));

// Marked, not left out: who looks decides.
export const hiddenBy = (c) => c.suppressed && el("div", { class: "tag suppressed", title: c.suppressed.rules.map((r) => `${r.name}: ${r.reason} (until ${r.expires_at.slice(0, 10)})`).join("\n") },
  "suppressed: ", said(c.suppressed.rules.map((r) => r.name).join(", "), { most: 60 }));
