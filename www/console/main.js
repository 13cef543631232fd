// SPDX-License-Identifier: Apache-2.0
// The shell: log in, choose the screen that the URL names, show whether live.
import { forget, get, keep, key, look, looked, session, signIn, signOut, signedIn, who } from "./api.js";
import { chains } from "./chains.js";
import { coverage } from "./coverage.js";
import { el, plain, put, said } from "./dom.js";
import { find } from "./find.js";
import { onLive, start, stop } from "./live.js";
import { fault, href, place } from "./page.js";
import { triage } from "./triage.js";

// The drawing and its layout library come when a chain is first opened.
const chain = (into, query, id) => {
  let end = null, gone = false;
  import("./chain.js").then((m) => { if (!gone) end = m.chain(into, query, id); }, () => put(into, fault(new Error("a part of this page cannot be read"))));
  return () => { gone = true; if (end) end(); };
};
const SCREENS = { find: [find, "Trace back"], chains: [chains, "Chains"], triage: [triage, "Triage"], coverage: [coverage, "Coverage"], chain: [chain, null] };

const main = document.getElementById("main"), nav = document.getElementById("nav");
let leave = null, shown = null;

function door(...inside) {
  stop();
  if (leave) leave();
  leave = shown = null;
  nav.hidden = true;
  put(main, el("div", { class: "login" }, el("h1", {}, "TRA-CE"), el("p", {}, "Causal chains, each link with its proof."), inside));
}

const byAccount = (out) => el("form", { onsubmit: async (ev) => {
  ev.preventDefault();
  const f = ev.target.elements;
  try {
    await signIn(f.name.value.trim(), f.password.value);
    await enter();
  } catch (e) { put(out, fault(e)); }
} }, el("h2", {}, "With your account"), el("label", { for: "name" }, "Name"), el("input", { id: "name", name: "name", autocomplete: "username", spellcheck: "false", autocapitalize: "off", required: true }),
el("label", { for: "password" }, "Password"), el("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", required: true }), el("button", { type: "submit", class: "primary" }, "Sign in"),
el("p", { class: "hint" }, "The account of the ", el("a", { href: "admin/" }, "administration"), "; what you decide bears your name."));

const byKey = (out) => el("form", { onsubmit: async (ev) => {
  ev.preventDefault();
  keep(ev.target.elements.key.value.trim());
  try {
    await get("/rate_limit");
    begin();
  } catch (e) {
    forget();
    put(out, fault(e));
  }
} }, el("h2", {}, "With an API key"), el("label", { for: "key" }, "API key"), el("input", { id: "key", name: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true, placeholder: "tra_\u2026" }),
el("button", { type: "submit", class: "primary" }, "Log in"),
el("p", { class: "hint" }, "It is kept for this tab only and gone when the tab is closed. Reading needs the scope read; judging needs analyze; the Story and Triage need ai."));

function login(why) {
  const out = el("div", {});
  document.title = "Log in \u2013 TRA-CE";
  door(out, byAccount(out), byKey(out));
  if (why) put(out, fault(why));
  main.querySelector("#name").focus();
}

// By the session, if there is one; an operator chooses a tenant first.
async function enter() {
  const p = await session();
  if (!p) return login();
  const asked = place().query.get("tenant");
  if (p.tenants && p.tenants.includes(asked)) look(asked);
  if (!p.tenants || looked()) return begin();
  document.title = "Tenant \u2013 TRA-CE";
  door(el("h2", {}, p.tenants.length ? "Which tenant?" : "There is no tenant yet"), p.tenants.length ? el("ul", { class: "tenants" }, p.tenants.map((t) => el("li", {}, el("button", { type: "button", onclick: () => { look(t); begin(); } }, said(t)))))
    : el("p", {}, el("a", { href: "admin/#/start?new" }, "Make one")));
  main.querySelector("button")?.focus();
  return undefined;
}

// Who looks at what, and for operators the choice.
function whom() {
  const p = who(), at = document.getElementById("who");
  put(at, p && p.tenants ? el("label", {}, el("span", { class: "sr" }, "Tenant"), el("select", { id: "tenant", onchange: (ev) => { look(ev.target.value); stop(); start(); location.hash = href(["chains"]); } },
    p.tenants.map((t) => el("option", { value: t, selected: t === looked() }, plain(t, 60))))) : p ? el("span", {}, said(p.tenant, { most: 60 })) : null,
  p ? el("a", { href: "admin/" }, said(p.name, { most: 40 })) : null);
  document.getElementById("leave").textContent = p ? "Sign out" : "Log out";
}

function screen() {
  if (!signedIn()) return login();
  const { path, query } = place(), asked = query.get("tenant");
  if (asked !== null && asked !== looked() && who()?.tenants?.includes(asked)) { look(asked); stop(); start(); }
  whom();
  const name = path[0] in SCREENS ? path[0] : "find";
  if (leave) leave();
  const [f, title] = SCREENS[name];
  if (title) document.title = `${title} \u2013 TRA-CE`;
  for (const a of nav.querySelectorAll("a")) if (a.dataset.screen === name) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current");
  if (shown && shown !== name) scrollTo(0, 0);
  put(main);
  leave = f(main, query, path[1]);
  if (shown) main.focus({ preventScroll: true });
  shown = name;
}

function begin() {
  nav.hidden = false;
  start();
  screen();
}

function ended() {
  if (!signedIn()) return;
  const was = Boolean(key());
  forget();
  login({ message: was ? "The key is no longer valid." : "The session has ended.", status: 401 });
  if (was) document.getElementById("key").focus();
}

// An open page is no use of a session; somebody at the keyboard is.
const STIRRED = 5 * 60000;
let stirred = Date.now();
const stir = () => {
  if (!who() || Date.now() - stirred < STIRRED) return;
  stirred = Date.now();
  session().catch(() => {});
};
for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, stir, { passive: true });

// What could not be read while the server was away is read now; not over what
// somebody is writing.
function again() {
  const writing = [...main.querySelectorAll("[data-was]")].some((f) => f.value !== f.dataset.was);
  if (signedIn() && !writing && main.querySelector(".passing")) screen();
}

onLive((kind, data) => {
  const lamp = document.getElementById("lamp");
  if (kind === "state") {
    lamp.className = data;
    lamp.textContent = data === "on" ? "live" : "not live";
    if (data === "on") again();
  }
  if (kind === "refused" && data === 401) ended();
});
addEventListener("signed-out", ended);
addEventListener("hashchange", screen);
document.querySelector(".skip").addEventListener("click", (ev) => { ev.preventDefault(); main.focus(); });
document.getElementById("leave").addEventListener("click", async () => {
  try { await signOut(); } catch { /* it ends by itself */ }
  forget();
  login();
});
document.addEventListener("keydown", (ev) => {
  if (ev.key !== "/" || ev.ctrlKey || ev.metaKey || ev.altKey || !signedIn() || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName)) return;
  ev.preventDefault();
  if (place().path[0] === "find" || !place().path.length) document.getElementById("paste")?.focus(); else location.hash = "#/find";
});
if (key()) begin(); else enter().catch((e) => login([401, 404].includes(e.status) ? null : e));
