// SPDX-License-Identifier: Apache-2.0
// The Sigma rules that tag events.
import { el, number } from "./dom.js";
import { get, q } from "./api.js";
import { head, input, note, sameByApi, sheet, table, tag } from "./parts.js";

const kinds = { critical: "bad", high: "bad", medium: "warn", low: "flat", informational: "flat" };
const order = Object.keys(kinds);
const SHOWN = 200;

export async function rules({ tenant }) {
  const d = await get("/admin/rules" + q({ tenant }));
  const list = [...d.rules].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level) || a.title.localeCompare(b.title));
  const at = el("div");
  const filter = input("filter", { type: "search", placeholder: "Title, technique or file", "aria-label": "Filter rules" });
  const draw = () => {
    const word = filter.value.toLowerCase();
    const hit = list.filter(r => `${r.title} ${r.mitre_techniques.join(" ")} ${r.file} ${r.level}`.toLowerCase().includes(word));
    at.replaceChildren(el("p", { class: "small quiet" }, `${number(hit.length)} of ${number(list.length)}${hit.length > SHOWN ? `, the first ${SHOWN} shown` : ""}`),
      table("Rules", [
        ["Level", r => tag(kinds[r.level], r.level)],
        ["Rule", r => r.title],
        ["Techniques", r => el("div", { class: "tags" }, r.mitre_techniques.map(t => tag("flat", t)))],
        ["File", r => el("code", { class: "quiet" }, r.file), "keep"],
      ], hit.slice(0, SHOWN), "No rule fits."));
  };
  filter.addEventListener("input", draw);
  draw();
  return [
    head("Rules", "Sigma rules that put ATT&CK techniques on events. They are the server’s, the same for every tenant."),
    d.rebuild_needed ? note("warn", "Some of this tenant’s events were read with other rules. ", el("code", null, `tra-ce rebuild --tenant ${tenant}`), " reads them again.") : null,
    d.refused.length ? sheet(`Not loaded: ${d.refused.length}`, table("Refused rules", [["File", r => el("code", null, r.file)], ["Why", r => r.reason]], d.refused, "")) : null,
    sheet(null, el("div", { class: "field" }, filter), at),
    el("p", { class: "small quiet" }, "Ruleset ", el("code", null, d.ruleset.slice(0, 16)), "…: two servers with the same one make the same chains of the same events."),
    sameByApi(["GET", `/admin/rules${q({ tenant })}`]),
  ];
}
