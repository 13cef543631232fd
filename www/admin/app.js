// SPDX-License-Identifier: Apache-2.0
// Who is signed in, which tenant is looked at, and which screen the address
// names: "#/keys?tenant=north". Each screen is a function of (context) -> nodes.
import { el, say } from "./dom.js";
import { call, get, q, Problem } from "./api.js";
import { note } from "./parts.js";
import { door } from "./door.js";
import { start } from "./start.js";
import { tenants, tenant } from "./tenants.js";
import { keys } from "./keys.js";
import { owners } from "./owners.js";
import { rules } from "./rules.js";
import { suppressions } from "./suppressions.js";
import { webhooks } from "./webhooks.js";
import { audit } from "./audit.js";
import { people, account } from "./people.js";

// name: [title, screen, who sees it in the list]
const screens = {
  start: ["Get started", start, "all"],
  tenants: ["Tenants", tenants, "operator"],
  tenant: ["Overview", tenant, "all"],
  keys: ["Keys", keys, "all"],
  owners: ["Owners", owners, "all"],
  rules: ["Rules", rules, "all"],
  suppressions: ["Suppression", suppressions, "all"],
  webhooks: ["Webhooks", webhooks, "all"],
  people: ["People", people, "all"],
  audit: ["Audit log", audit, "all"],
  account: ["Your account", account, "none"],
};

const at = id => document.getElementById(id);
let who = null, names = [], leave = null, turn = 0;

function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { screen: path || "", words: new URLSearchParams(query || "") };
}

function go(screen, words = {}) {
  const to = `#/${screen}${q(words)}`;
  if (location.hash === to) show();
  else location.hash = to;
}

function tenantNow(words) {
  if (who.role !== "operator") return who.tenant;
  const asked = words.get("tenant");
  if (asked !== null) return asked;
  const kept = sessionStorage.getItem("panel.tenant");
  return names.includes(kept) ? kept : names[0] || "";
}

// ------------------------------------------------------------------- the frame

function top(tenant) {
  const brand = el("a", { class: "brand", href: "#/" }, el("img", { src: "mark.svg", alt: "" }), "TRA-CE", el("span", null, "administration"));
  if (!who) return at("top").replaceChildren(brand);
  const choice = who.role === "operator" && names.length ? el("label", null, "Tenant", el("select", {
    onchange: e => go(["tenants", "people", "account", ""].includes(place().screen) ? "tenant" : place().screen, { tenant: e.target.value }),
  }, names.map(n => el("option", { value: n, selected: n === tenant }, n)))) : null;
  at("top").replaceChildren(brand, el("span", { class: "fill" }), choice || "",
    tenant ? el("a", { href: `../#/chains${q({ tenant })}` }, "Console") : "", el("a", { href: "#/account" }, who.name),
    el("button", { class: "slim", type: "button", onclick: signOut }, "Sign out"));
}

function list(screen) {
  const seen = Object.entries(screens).filter(([, [, , to]]) => to === "all" || to === who?.role);
  at("nav").hidden = !who;
  at("nav").replaceChildren(el("ul", null, seen.map(([name, [title]]) =>
    el("li", null, el("a", { href: `#/${name}`, "aria-current": name === screen ? "page" : null }, title)))));
  const now = at("nav").querySelector("[aria-current]");
  if (now) at("nav").scrollLeft = now.offsetLeft - at("nav").clientWidth / 3;
}

async function signOut() {
  await call("DELETE", "/admin/session").catch(() => {});
  who = null;
  sessionStorage.removeItem("panel.tenant");
  go("");
}

// The list in the frame; with a name, that is the tenant looked at from now on.
async function tenantsChanged(now) {
  if (who.role !== "operator") return;
  names = (await get("/admin/tenants")).tenants.map(t => t.name);
  if (!now) return;
  sessionStorage.setItem("panel.tenant", now);
  top(now);
}

// ------------------------------------------------------------------ one screen

async function show() {
  const mine = ++turn, { screen, words } = place();
  leave?.();
  leave = null;
  try {
    const session = who ? null : await get("/admin/session");
    if (mine !== turn) return;
    if (session?.administrator) {
      who = session.administrator;
      await tenantsChanged();
    }
    if (!who || location.hash.startsWith("#token=")) {
      top();
      list();
      put(door(session || { first_visit: false }, signedIn), "Sign in");
      return;
    }
    if (!screens[screen]) return location.replace(`#/${home()}`);
    const tenant = tenantNow(words);
    if (who.role === "operator" && tenant) sessionStorage.setItem("panel.tenant", tenant);
    top(tenant);
    list(screen);
    const needs = !["start", "tenants", "people", "audit", "account"].includes(screen);
    const context = { who, tenant, words, names, go, again: show, tenantsChanged, leaving: f => { leave = f; } };
    const nodes = needs && !tenant ? [note("", "There is no tenant yet. "), el("a", { class: "button first", href: "#/start" }, "Make the first one")]
      : await screens[screen][1](context);
    if (mine === turn) put(nodes, screens[screen][0]);
  } catch (p) {
    if (mine !== turn) return;
    if (!(p instanceof Problem)) throw p;
    if (p.status === 401) return;             // "signed-out" has been heard
    put([el("h1", { tabindex: "-1" }, screens[screen]?.[0] || "TRA-CE"), note("bad", p.message, p.id ? ` (request ${p.id})` : ""),
      el("button", { type: "button", onclick: show }, "Try again")], "Trouble");
  }
}

function home() {
  if (who.role !== "operator") return "tenant";
  return names.length ? "tenants" : "start";
}

let shown = false;
function put(nodes, title) {
  document.title = `${title} · TRA-CE administration`;
  at("view").replaceChildren(...[nodes].flat(Infinity).filter(Boolean));
  if (shown) at("view").querySelector("h1")?.focus({ preventScroll: true });
  if (shown) scrollTo(0, 0);
  shown = true;
}

async function signedIn(session) {
  who = session.administrator;
  await tenantsChanged();
  go("");
  show();
}

document.querySelector(".skip").addEventListener("click", e => {
  e.preventDefault();                         // the address names the screen, not a place in it
  at("view").focus();
});
addEventListener("hashchange", show);
addEventListener("signed-out", () => {
  if (!who) return;
  who = null;
  say("Your session has ended. Sign in again.");
  show();
});
show();
