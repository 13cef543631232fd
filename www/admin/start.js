// SPDX-License-Identifier: Apache-2.0
// From nothing to the first chain: tenant, key, lines to send with, the first
// event, what it can prove. The key lives in this page's memory alone.
import { el, number, say } from "./dom.js";
import { call, get, live, q, ORIGIN, Problem } from "./api.js";
import { code, curl, field, form, head, input, note, pick, sameByApi, sheet, table } from "./parts.js";
import { keyForm, shownOnce } from "./keys.js";
import { plans } from "./tenants.js";

const names = ["Tenant", "Key", "Send", "Coverage"];
const EVERY = 1500;                           // ms between looks; the panel's own rate, not the tenant's

function steps(now, least) {
  return el("ol", { class: "steps", "aria-label": "Steps" }, names.map((n, i) => i < least ? null :
    el("li", { class: i < now ? "done" : null, "aria-current": i === now ? "step" : null }, el("b", { "aria-hidden": "true" }, i < now ? "✓" : String(i + 1 - least)), n)));
}

export async function start(context) {
  const operator = context.who.role === "operator", box = el("div"), least = operator ? 0 : 1;
  const ask = operator && (!context.tenant || context.words.has("new"));
  let line = least;
  const at = (now, title, text, ...kids) => {
    line = now;
    box.replaceChildren(head(title, text), steps(now, least), ...kids.filter(Boolean));
    box.querySelector("h1").focus({ preventScroll: true });
  };
  const toKey = tenant => keyStep(tenant, at, context);
  if (ask) tenantStep(at, toKey, context);
  else if (operator) choiceStep(context, at, toKey, () => tenantStep(at, toKey, context));
  else toKey(context.tenant);
  return box;
}

function choiceStep(context, at, toKey, toNew) {
  at(0, "Get started", "Connect a source and see the first chain.", sheet("For which tenant?",
    el("div", { class: "row" },
      el("button", { class: "first", type: "button", onclick: () => toKey(context.tenant) }, "Go on with ", context.tenant),
      el("button", { type: "button", onclick: toNew }, "Make a new tenant"))));
}

function tenantStep(at, next, context) {
  at(0, "Make a tenant", "A team or customer with keys, a rate and a file of its own. Nothing of one tenant is ever seen by another.", sheet(null, form(async data => {
    const t = await call("POST", "/admin/tenants", { name: data.get("name"), plan: data.get("plan"), retention_days: Number(data.get("retention_days")) });
    await context.tenantsChanged(t.name);
    say(`The tenant ${t.name} is made.`);
    next(t.name);
  }, "Make the tenant",
  field("Name", input("name", { required: true, maxlength: 64, placeholder: "north" }), "Letters, digits, dot, dash and underscore: it stands in commands and addresses."),
  el("fieldset", null, el("legend", null, "Plan"), plans.map(([v, text], i) => {
    const [name, hint] = text.split(" · ");
    return pick("radio", "plan", v, name, hint, i === 0);
  })),
  field("Retention, days", input("retention_days", { inputmode: "numeric", value: 90 }), "tra-ce prune, meant to run once a day, drops what was stored earlier; what a chain rests on stays."))),
  sameByApi(["POST", "/admin/tenants", { name: "north", plan: "standard", retention_days: 90 }]));
}

function keyStep(tenant, at, context) {
  at(1, "Make a key", `What ${tenant}’s sender signs in with.`, sheet(null, keyForm(tenant, k => sendStep(tenant, k, at, context))),
    sameByApi(["POST", `/admin/keys${q({ tenant })}`, { name: "forwarder", scopes: ["ingest", "read", "analyze", "ai"], expires_in: "90d" }]));
}

// ---------------------------------------------------------------------- sending

const sample = () => ({ events: [{
  event_type: "authentication", source: "portal", timestamp: new Date().toISOString(), actor: "kim@example.com", action: "login.failed",
  target: "intranet", host: "web-1.example.com", outcome: "failure", session: "s-1", metadata: { ip: "198.51.100.7" } }] });

function python(key) {
  return `import json, urllib.request

event = ${JSON.stringify(sample().events[0], null, 4)}

request = urllib.request.Request(
    ${JSON.stringify(ORIGIN + "/events")},
    data=json.dumps({"events": [event]}).encode(),
    headers={"X-API-Key": ${JSON.stringify(key)}, "Content-Type": "application/json"})
print(urllib.request.urlopen(request).read().decode())`;
}

function sendStep(tenant, k, at, context) {
  const may = s => k.scopes.includes(s), watch = new AbortController();
  const state = el("p", { class: "waiting", role: "status" }, "Waiting for the first event …");
  const next = el("div");
  context.leaving(() => watch.abort());
  at(2, "Send something", `Anything that ${tenant} sends now shows up here by itself.`,
    sheet("The key", shownOnce(k)),
    sheet("Lines that send one event", may("ingest") ? [
      el("h3", { class: "small" }, "Shell"), code(curl("POST", "/events", JSON.stringify(sample()), k.key)),
      el("h3", { class: "small" }, "Python"), code(python(k.key)),
      el("p", { class: "small quiet" }, "A file of a vendor’s own records: ", el("code", null, `curl --data-binary @FILE.ndjson -H 'Content-Type: application/x-ndjson' '${ORIGIN}/events?source=auto'`), " with the same header for the key."),
    ] : note("warn", "This key may not send events: it lacks the scope ingest.")),
    sheet("What arrives", state, next));
  watchFor(tenant, k, watch, state, () => coverageStep(tenant, k, at, context), next);
}

// The stream tells of chains as they come; the count of events, kept for the
// panel, tells also of a first event that is in no chain yet.
function watchFor(tenant, k, watch, state, go, next) {
  let had = null, seen = false;
  const arrived = text => {
    if (!seen) next.append(el("button", { class: "first", type: "button", onclick: go }, "See what it can prove"));
    seen = true;
    state.className = "note good";
    state.textContent = text;
  };
  const look = async () => {
    if (watch.signal.aborted) return;
    try {
      const { events } = await get("/admin/usage" + q({ tenant, hours: 1 }));
      had = had ?? events;
      if (events > had) arrived(`${number(events - had)} ${events - had === 1 ? "event has" : "events have"} arrived.`);
      else if (had > 0 && !seen && !next.childElementCount)
        next.append(el("button", { type: "button", onclick: go }, `Go on with the ${number(had)} events there are`));
    } catch (p) {
      if (!(p instanceof Problem)) throw p;
      if (p.status === 401) return;
    }
    setTimeout(look, EVERY);
  };
  look();
  live(tenant, watch.signal, (kind, data) => {
    if (data?.chain_id) arrived(`Live: ${data.summary || kind}`);
  }).catch(() => {});                         // the count goes on without it
}

// --------------------------------------------------------------------- coverage

const share = x => [el("meter", { min: 0, max: 1, low: .3, high: .7, optimum: 1, value: x, "aria-label": "share" }), ` ${Math.round(100 * x)} %`];

async function coverageStep(tenant, k, at, context) {
  context.leaving(null);
  try {
    const cover = await get("/coverage", tenant);
    const chain = await firstChain(tenant);
    const advice = [...new Set(cover.coverage.flatMap(r => r.advice.map(a => `${r.source}: ${a}`)))];
    at(3, "What can be proven", `${number(cover.events)} events so far. Strong identifiers make links provable instead of likely.`,
      sheet("First chain", chain
        ? [el("p", null, el("b", null, chain.title || chain.chain_id), ` · ${chain.confidence} · score ${chain.score}`), el("a", { class: "button first", href: chainAddress(chain, tenant) }, "Open the chain")]
        : [el("p", { class: "quiet" }, "No chain yet: these events hold no sign that begins one. It appears in the console by itself as soon as one does."),
          el("a", { class: "button", href: `../#/chains${q({ tenant })}` }, "Open the console")]),
      sheet("Coverage", table("Coverage", [
        ["Source", r => el("b", null, r.source)], ["Host", r => r.host ?? el("span", { class: "quiet" }, "none named")], ["Events", r => number(r.events), "number"],
        ["Process ids", r => share(r.strong_process_share)], ["Session ids", r => share(r.strong_session_share)], ["Token ids", r => share(r.strong_token_share)],
      ], cover.coverage.slice(0, 50), "Nothing has arrived yet.")),
      advice.length ? sheet("What to switch on", el("ul", null, advice.slice(0, 20).map(a => el("li", null, a)))) : null,
      el("div", { class: "row" }, el("button", { type: "button", onclick: () => coverageStep(tenant, k, at, context) }, "Look again"), el("a", { class: "button", href: `#/tenant${q({ tenant })}` }, "Overview")),
      sameByApi(["GET", "/coverage"]));
  } catch (p) {
    if (!(p instanceof Problem)) throw p;
    at(3, "Coverage", "", note("bad", p.message), el("button", { type: "button", onclick: () => coverageStep(tenant, k, at, context) }, "Try again"));
  }
}

const firstChain = async tenant => (await call("POST", "/causal/analyze", { limit: 1 }, tenant)).chains[0];

// Where the console shows it.
const chainAddress = (c, tenant) => `../#/chain/${encodeURIComponent(c.chain_id)}${q({ tenant })}`;
