// SPDX-License-Identifier: Apache-2.0
// The API as this page calls it: by the session's cookie. What is a tenant's own
// (its coverage, its chains, its stream) an operator asks for by its name.

export const BASE = new URL("../api/v1", document.baseURI).pathname;
export const ORIGIN = location.origin + BASE;

export class Problem extends Error {
  constructor(status, body, wait) {
    super(body.detail || `The server answered ${status}.`);
    this.status = status;
    this.wait = wait;                         // seconds, if it said so
    this.fields = new Map((body.errors || []).map(e => [e.pointer.split("/")[1] || "", e.detail]));
    this.id = body.request_id;
  }
}

const by = tenant => ({ "X-TRACE-Panel": "1", ...(tenant ? { "X-TRACE-Tenant": tenant } : {}) });

export async function call(method, path, body, tenant) {
  const headers = by(tenant);
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let r;
  try {
    r = await fetch(BASE + path, {
      method, headers, cache: "no-store", credentials: "same-origin",
      body: body === undefined ? (method === "POST" ? "" : undefined) : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, { detail: "The server cannot be reached." });
  }
  const text = await r.text();
  let answer = {};
  try { answer = text ? JSON.parse(text) : {}; } catch { answer = { detail: `The server answered ${r.status}.` }; }
  if (r.ok) return answer;
  if (r.status === 401 && path !== "/admin/session") dispatchEvent(new Event("signed-out"));
  throw new Problem(r.status, answer, Number(r.headers.get("Retry-After")) || 0);
}

export const get = (path, tenant) => call("GET", path, undefined, tenant);
export const q = words => {
  const s = new URLSearchParams(Object.entries(words).filter(([, v]) => v !== undefined && v !== null && v !== "")).toString();
  return s ? "?" + s : "";
};

// A tenant's live stream: f(event, data) for each message, until `signal`.
export async function live(tenant, signal, f) {
  const r = await fetch(BASE + "/causal/live", { headers: by(tenant), credentials: "same-origin", signal });
  if (!r.ok) throw new Problem(r.status, await r.json().catch(() => ({})));
  f("open", null);
  const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const lines = Object.fromEntries(block.split("\n").map(l => [l.split(": ", 1)[0], l.slice(l.indexOf(": ") + 2)]));
      if (lines.data) f(lines.event, JSON.parse(lines.data));
    }
  }
}
