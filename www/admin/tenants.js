// SPDX-License-Identifier: Apache-2.0
// All tenants, and one: use against limit, storage, sources, retention.
import { el, number, size, span, time, say, stamp } from "./dom.js";
import { call, get, q } from "./api.js";
import { field, form, head, input, note, sameByApi, select, sheet, table, tag } from "./parts.js";
import { chart } from "./chart.js";

export const plans = [["standard", "standard · 100 requests a minute"], ["enterprise", "enterprise · 1,000 requests a minute"]];
const rate = t => t.rate === 0 ? "unlimited" : `${number(t.rate)} a minute`;

export async function tenants() {
  const { tenants: list } = await get("/admin/tenants");
  return [
    head("Tenants", "Each has its own keys, rules of use and one file of its own.", el("a", { class: "button first", href: "#/start?new" }, "New tenant")),
    sheet(null, table("Tenants", [
      ["Name", t => el("a", { href: `#/tenant${q({ tenant: t.name })}` }, el("b", null, t.name))],
      ["Plan", t => t.plan],
      ["Limit", t => rate(t)],
      ["Storage", t => size(t.storage_bytes), "number"],
      ["Kept for", t => `${number(t.retention_days)} days`, "number"],
      ["Made", t => time(t.created_at)],
    ], list, "There is no tenant yet.")),
    sameByApi(["GET", "/admin/tenants"], ["POST", "/admin/tenants", { name: "north", plan: "standard", retention_days: 90 }]),
  ];
}

const views = {
  minute: ["Busiest minute", h => h.peak_minute, () => 0, u => u.rate],
  requests: ["Requests", h => h.requests, h => h.refused, () => 0],
  events: ["Events", h => h.events, () => 0, () => 0],
};
const times = [["48", "2 days"], ["168", "7 days"], ["720", "30 days"]];

function useSheet(tenant, first) {
  let view = "minute", hours = "168", use = first;
  const at = el("div");
  const buttons = Object.entries(views).map(([name, [title]]) => el("button", { class: "slim", type: "button", onclick: () => { view = name; draw(); } }, title));
  const back = select("hours", times, hours);
  back.setAttribute("aria-label", "Time shown");
  back.addEventListener("change", async () => {
    hours = back.value;
    use = await get("/admin/usage" + q({ tenant, hours }));
    draw();
  });
  function draw() {
    const [title, of, over, limit] = views[view];
    Object.keys(views).forEach((name, i) => buttons[i].setAttribute("aria-pressed", String(name === view)));
    at.replaceChildren(chart(title, use.hours, of, over, limit(use), Number(hours)),
      el("details", { class: "small" }, el("summary", null, "As a table"), table("Use by the hour", [
        ["Hour (UTC)", h => stamp(h.hour).slice(0, 16)], ["Requests", h => number(h.requests), "number"], ["Refused", h => number(h.refused), "number"],
        ["Busiest minute", h => number(h.peak_minute), "number"], ["Events", h => number(h.events), "number"], ["Received", h => size(h.bytes), "number"],
      ], [...use.hours].reverse(), "Nothing in this time.")));
  }
  draw();
  return sheet("Use against limit", el("div", { class: "row" }, buttons, back), at);
}

function planSheet(t, operator, again) {
  if (!operator) return null;
  return sheet("Plan and retention", form(async data => {
    const own = data.get("rate").trim();
    await call("PATCH", `/admin/tenants/${encodeURIComponent(t.name)}`, {
      plan: data.get("plan"), retention_days: Number(data.get("retention_days")), ...(own === "" ? {} : { rate: Number(own) }),
    });
    say("Saved.");
    again();
  }, "Save", el("div", { class: "two" },
    field("Plan", select("plan", plans, t.plan)),
    field("A rate of its own", input("rate", { inputmode: "numeric", value: { standard: 100, enterprise: 1000 }[t.plan] === t.rate ? "" : t.rate }), "Requests a minute instead of the plan’s; 0 is unlimited."),
    field("Retention, days", input("retention_days", { inputmode: "numeric", value: t.retention_days }), "What was stored earlier is dropped by tra-ce prune, meant to run once a day; what a chain rests on stays."))));
}

export async function tenant({ tenant: name, who, again }) {
  const [t, use] = await Promise.all([get(`/admin/tenants/${encodeURIComponent(name)}`), get("/admin/usage" + q({ tenant: name }))]);
  const day = use.hours.filter(h => Date.now() - Date.parse(h.hour) < 86400000);
  const sum = f => day.reduce((n, h) => n + f(h), 0), refused = sum(h => h.refused);
  const fact = (title, value, small) => el("div", null, el("dt", null, title), el("dd", null, value, small ? [" ", el("small", null, small)] : null));
  return [
    head(name, `${t.plan} plan, ${rate(t)}. Kept for ${number(t.retention_days)} days.`,
      el("a", { class: "button", href: "#/start" }, "Connect a source"), el("a", { class: "button", href: "#/keys" }, "Keys")),
    refused ? note("warn", `${number(refused)} requests were refused in the last day: over ${number(t.rate)} a minute. Senders that obey Retry-After lose nothing; a higher rate lets them keep up.`) : null,
    sheet(null, el("dl", { class: "facts" },
      fact("Events stored", number(use.events)), fact("Storage", size(use.storage_bytes)),
      fact("Events, last day", number(sum(h => h.events))), fact("Received, last day", size(sum(h => h.bytes))),
      fact("Busiest minute, last day", number(Math.max(0, ...day.map(h => h.peak_minute))), t.rate ? `of ${number(t.rate)}` : ""))),
    useSheet(name, use),
    sheet("Sources", table("Sources", [
      ["Source", s => el("b", null, s.source)],
      ["Events", s => number(s.events), "number"],
      ["Hosts", s => number(s.hosts), "number"],
      ["Latest event", s => time(s.last_at)],
      ["Longest lag", s => s.lag_ms > 3600000 ? tag("warn", span(s.lag_ms)) : span(s.lag_ms), "number"],
    ], [...use.sources].sort((a, b) => b.events - a.events), "No source has been seen yet."),
    use.sources.length ? el("p", { class: "small quiet" }, "Lag is the longest time from an event’s own time to its arrival; history that is loaded later counts too.") : null),
    planSheet(t, who.role === "operator", again),
    sameByApi(["GET", `/admin/usage${q({ tenant: name, hours: 168 })}`], ["PATCH", `/admin/tenants/${encodeURIComponent(name)}`, { plan: "enterprise", retention_days: 30 }]),
  ];
}
