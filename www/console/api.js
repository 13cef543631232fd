// SPDX-License-Identifier: Apache-2.0
// Requests to the API of this origin, by a key or by the session of an account.
// The key is kept for this tab alone and leaves it in one header only; the
// session is a cookie that no script sees.

export const BASE = new URL("api/v1", document.baseURI).href;
const NAME = "tra-ce.key";

export const key = () => sessionStorage.getItem(NAME);
export const keep = (k) => sessionStorage.setItem(NAME, k);
export const forget = () => { sessionStorage.removeItem(NAME); person = null; };

// Who is signed in: {name, role, tenant}, an operator with the tenants to choose
// from. With a key nobody is, even where a session is there too.
const LOOKED = "tra-ce.tenant";
let person = null;
export const who = () => (key() ? null : person);
export const signedIn = () => Boolean(key() || person);
const operator = () => who()?.role === "operator";
// The tenant that an operator looks at; null where there is nothing to choose.
export const looked = () => (operator() ? sessionStorage.getItem(LOOKED) : null);
export const look = (tenant) => sessionStorage.setItem(LOOKED, tenant);

// -> who is signed in by a session, or null
export async function session() {
  const a = (await ask("GET", "/admin/session")).administrator;
  if (a && a.role === "operator") {
    a.tenants = (await ask("GET", "/admin/tenants")).tenants.map((t) => t.name);
    if (!a.tenants.includes(sessionStorage.getItem(LOOKED))) sessionStorage.removeItem(LOOKED);
    if (a.tenants.length === 1) look(a.tenants[0]);
  }
  return (person = a);
}
export const signIn = (name, password) => ask("POST", "/admin/session", { name, password });
export const signOut = () => (key() ? null : ask("DELETE", "/admin/session"));

// An answer that is none: problem+json, or what the web server itself said.
export class Problem extends Error {
  constructor(status, doc, wait) {
    super((doc && (doc.detail || doc.title)) || (status ? `the server answers ${status}` : "the server cannot be reached"));
    this.status = status;
    this.request = (doc && doc.request_id) || null;
    this.fields = (doc && doc.errors) || [];
    this.wait = wait;                                   // seconds, with 429 and 503
  }
}

export const headers = (more) => ({ ...(key() ? { "X-API-Key": key() } : { "X-TRACE-Panel": "1", ...(looked() ? { "X-TRACE-Tenant": looked() } : {}) }), ...more });

const query = (given) => {
  const q = new URLSearchParams();
  for (const [k, v] of Object.entries(given || {})) if (v !== "" && v !== null && v !== undefined) q.append(k, v);
  const s = q.toString();
  return s ? "?" + s : "";
};

async function ask(method, path, body, signal) {
  let r;
  try {
    r = await fetch(BASE + path, {
      method, signal, cache: "no-store", credentials: "same-origin",
      headers: headers(body === undefined ? {} : { "Content-Type": "application/json", ...once(method) }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new Problem(0, null, 2);
  }
  if (r.ok) return r.status === 204 ? null : r.json();
  let doc = null;
  try { doc = await r.json(); } catch { /* the web server's own page */ }
  if (r.status === 401 && !["/admin/session", "/rate_limit"].includes(path)) dispatchEvent(new Event("signed-out"));
  throw new Problem(r.status, doc, Number(r.headers.get("Retry-After")) || null);
}

// A POST whose answer was lost may be sent again without being done twice.
function once(method) {
  if (method !== "POST") return {};
  const b = crypto.getRandomValues(new Uint8Array(16));
  return { "Idempotency-Key": "console-" + Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("") };
}

export const get = (path, given, signal) => ask("GET", path + query(given), undefined, signal);
export const post = (path, body, signal) => ask("POST", path, body, signal);
export const patch = (path, body) => ask("PATCH", path, body);
export const at = (...parts) => "/" + parts.map(encodeURIComponent).join("/");

// A file of the API's: with the key in a header there is no plain link to it.
export async function download(path, name) {
  const r = await fetch(BASE + path, { headers: headers(), cache: "no-store" });
  if (!r.ok) {
    let doc = null;
    try { doc = await r.json(); } catch { /* none */ }
    throw new Problem(r.status, doc);
  }
  const url = URL.createObjectURL(await r.blob());
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
