// SPDX-License-Identifier: Apache-2.0
// What was done by whom; each line's hash covers the one before.
import { el, number, stamp } from "./dom.js";
import { get, q } from "./api.js";
import { field, head, input, note, sameByApi, select, sheet, table } from "./parts.js";

const deeds = [["", "anything"], ["key", "keys"], ["tenant", "tenants"], ["session", "sign-ins"], ["administrator", "people"], ["owners", "owners map"], ["webhook", "webhooks"], ["tenant.prune", "retention"]];

export async function audit({ who, words, names, go }) {
  const operator = who.role === "operator";
  const filter = { tenant: words.get("of") || "", who: words.get("who") || "", what: words.get("what") || "", since: words.get("since") || "" };
  const asked = cursor => "/admin/audit" + q({ ...filter, limit: 50, cursor });
  const first = await get(asked());
  const lines = el("div"), all = [...first.lines];
  const more = el("button", { type: "button", hidden: !first.next_cursor }, "Older");
  let cursor = first.next_cursor;
  const draw = () => lines.replaceChildren(table("Audit log", [
    ["Time", l => el("time", { datetime: l.at }, stamp(l.at))],
    ["Who", l => el("code", null, l.who)],
    ["What", l => l.what, "keep"],
    ...(operator ? [["Tenant", l => l.tenant ?? el("span", { class: "quiet" }, "server")]] : []),
    ["Detail", l => l.detail],
    ["Line", l => el("code", { class: "quiet", title: `SHA-256 ${l.hash}` }, `${l.seq}:${l.hash.slice(0, 8)}`), "keep"],
  ], all, "Nothing fits."));
  more.addEventListener("click", async () => {
    const page = await get(asked(cursor));
    all.push(...page.lines);
    cursor = page.next_cursor;
    more.hidden = !cursor;
    draw();
  });
  draw();
  const f = el("form", { onsubmit: e => {
    e.preventDefault();
    const d = new FormData(f), since = d.get("since");
    go("audit", { of: d.get("of"), who: d.get("who"), what: d.get("what"), since: since ? `${since}T00:00:00Z` : "" });
  } }, el("div", { class: "two" },
    operator ? field("Tenant", select("of", [["", "all, and the server"], ...names.map(n => [n, n])], filter.tenant)) : null,
    field("What", select("what", deeds, filter.what)),
    field("Who", input("who", { value: filter.who, placeholder: "admin:NAME, key:ID or tool" })),
    field("Since (UTC)", input("since", { type: "date", value: filter.since.slice(0, 10) }))),
  el("button", { type: "submit" }, "Filter"));
  const verdict = el("div", { role: "status" });
  const check = operator ? el("button", { type: "button", onclick: async () => {
    const v = await get("/admin/audit/verify");
    verdict.replaceChildren(v.ok
      ? note("good", `The log is whole: ${number(v.lines)} lines. Note its last line elsewhere to see later whether the end was cut: `, el("code", null, `${v.head.seq}:${v.head.hash}`))
      : note("bad", `The log was changed. ${v.faults.join(". ")}`));
  } }, "Verify the log") : null;
  return [
    head("Audit log", "Newest first. Each line’s hash covers the line before, so a change anywhere shows.", ...(check ? [check] : [])),
    verdict, sheet(null, f), sheet(null, lines, more),
    sameByApi(["GET", asked()], ...(operator ? [["GET", "/admin/audit/verify"]] : [])),
    el("p", { class: "small quiet" }, "With the tool: ", el("code", null, "tra-ce audit verify --seen SEQ:HASH")),
  ];
}
