// SPDX-License-Identifier: Apache-2.0
// The shell: log in, choose the screen that the URL names, show whether live.
import { forget, get, keep, key } from "./api.js";
import { chains } from "./chains.js";
import { coverage } from "./coverage.js";
import { el, put } from "./dom.js";
import { find } from "./find.js";
import { onLive, start, stop } from "./live.js";
import { fault, place } from "./page.js";
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

function login(why) {
  stop();
  if (leave) leave();
  leave = shown = null;
  nav.hidden = true;
  document.title = "Log in \u2013 TRA-CE";
  const input = el("input", { id: "key", name: "key", type: "password", autocomplete: "off", spellcheck: "false", required: true, placeholder: "tra_\u2026" }), out = el("div", {});
  const form = el("form", { class: "login", onsubmit: async (ev) => {
    ev.preventDefault();
    keep(input.value.trim());
    try {
      await get("/rate_limit");
      begin();
    } catch (e) {
      forget();
      put(out, fault(e));
    }
  } }, el("h1", {}, "TRA-CE"), el("p", {}, "Causal chains, each link with its proof."),
  el("label", { for: "key" }, "API key"), input, el("button", { type: "submit", class: "primary" }, "Log in"),
  el("p", { class: "hint" }, "It is kept for this tab only and gone when the tab is closed. Reading needs the scope read; judging needs analyze; the Story and Triage need ai."), out);
  if (why) put(out, fault(why));
  put(main, form);
  input.focus();
}

function screen() {
  if (!key()) return login();
  const { path, query } = place();
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

onLive((kind, data) => {
  const lamp = document.getElementById("lamp");
  if (kind === "state") {
    lamp.className = data;
    lamp.textContent = data === "on" ? "live" : "not live";
  }
  if (kind === "refused" && data === 401) {
    forget();
    login({ message: "The key is no longer valid.", status: 401 });
  }
});
addEventListener("hashchange", screen);
document.querySelector(".skip").addEventListener("click", (ev) => { ev.preventDefault(); main.focus(); });
document.getElementById("leave").addEventListener("click", () => { forget(); login(); });
document.addEventListener("keydown", (ev) => {
  if (ev.key !== "/" || ev.ctrlKey || ev.metaKey || ev.altKey || !key() || /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName)) return;
  ev.preventDefault();
  if (place().path[0] === "find" || !place().path.length) document.getElementById("paste")?.focus(); else location.hash = "#/find";
});
if (key()) begin(); else login();
