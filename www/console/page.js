// SPDX-License-Identifier: Apache-2.0
// What every screen uses: the place in the URL, faults in words, announcements.
import { looked, who } from "./api.js";
import { el, put, said } from "./dom.js";

// #/chains?min_score=50 -> {path: ["chains"], query}
export function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  let parts;
  try { parts = path.split("/").filter(Boolean).map(decodeURIComponent); } catch { parts = []; }
  return { path: parts, query: new URLSearchParams(query || "") };
}

export function href(path, given) {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(given || {})) if (v !== "" && v !== null && v !== undefined) q.set(k, v);
  if (looked()) q.set("tenant", looked());                // what a link shows does not depend on who opens it
  const s = q.toString();
  return "#/" + path.map(encodeURIComponent).join("/") + (s ? "?" + s : "");
}

// The same place with other parameters, without a step in the browser's history.
export function adjust(given) {
  const { path, query } = place();
  for (const [k, v] of Object.entries(given)) if (v === "" || v === null || v === undefined) query.delete(k); else query.set(k, v);
  history.replaceState(null, "", href(path, Object.fromEntries(query)));
}

const WHAT_TO_DO = {
  0: "Is the service running? This page tries again by itself where it is live.",
  401: "Sign in again, or with another key.",
  403: "An administrator can issue a key that has the scope.",
  404: "It does not exist, or it is another tenant's.",
};

export function fault(e) {
  if (e.name === "AbortError") return el("span", {});
  const todo = e.status === 429 ? `${who() ? "Too many requests" : "Over the tenant's rate limit"}: again in ${e.wait || 1} s.` : WHAT_TO_DO[e.status];
  return el("div", { class: `fault${[0, 502, 503, 504].includes(e.status) ? " passing" : ""}`, role: "alert" }, el("p", {}, el("b", {}, said(e.message, { most: 400 }))),
    (e.fields || []).map((f) => el("p", {}, el("code", {}, said(f.pointer)), " ", said(f.detail))),
    todo && el("p", {}, todo), e.request && el("p", { class: "dim-text" }, "request ", el("code", {}, said(e.request))));
}

let voice = null;
export function announce(text) {
  voice = voice || document.getElementById("voice");
  if (voice) voice.textContent = text;
}

export const busy = (into, text) => put(into, el("p", { class: "busy", role: "status" }, text));

export const empty = (...words) => el("p", { class: "empty" }, words);
