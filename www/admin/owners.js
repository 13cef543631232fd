// SPDX-License-Identifier: Apache-2.0
// Who owns which host, account or resource: read from a file, looked at, kept.
import { el, number, say } from "./dom.js";
import { call, get, q, Problem } from "./api.js";
import { head, field, note, sameByApi, sheet, table, tag } from "./parts.js";

const MOST = 1 << 20;

export async function owners({ tenant, again }) {
  const now = await get("/admin/owners" + q({ tenant }));
  const text = el("textarea", { name: "owners", value: now.owners, spellcheck: "false", placeholder: "# the last line that matches counts\nhost:web-* Web team\nuser,*@finance.example,Finance IT\n* Security operations" });
  const file = el("input", { type: "file", accept: ".csv,.txt,text/plain,text/csv", onchange: async () => {
    const f = file.files[0];
    if (!f) return;
    if (f.size > MOST) return shown.replaceChildren(note("bad", "The file has more than 1 MiB."));
    text.value = await f.text();
    preview();
  } });
  const shown = el("div");
  const keep = el("button", { class: "first", type: "button", onclick: save }, "Replace the map");
  const look = el("button", { type: "button", onclick: preview }, "Preview");

  async function preview() {
    await tried(async () => {
      const p = await call("POST", "/admin/owners/preview" + q({ tenant }), { owners: text.value });
      const changed = p.hosts.filter(h => h.owner_now !== h.owner_then), unowned = p.hosts.filter(h => h.owner_then === null);
      shown.replaceChildren(sheet("Preview",
        el("p", null, `${number(p.lines)} lines (${number(p.lines_now)} now). Of ${number(p.hosts.length)} hosts seen, ${number(changed.length)} get another owner and ${number(unowned.length)} have none.`),
        table("Hosts", [
          ["Host", h => h.host],
          ["Owner now", h => h.owner_now ?? el("span", { class: "quiet" }, "none")],
          ["Then", h => h.owner_then === null ? tag("warn", "none") : h.owner_then === h.owner_now ? h.owner_then : el("b", null, h.owner_then)],
        ], [...changed, ...p.hosts.filter(h => !changed.includes(h))].slice(0, 200), "No host has been seen yet.")));
      say("Preview is ready. Nothing was changed.");
    });
  }
  async function save() {
    await tried(async () => {
      const d = await call("PUT", "/admin/owners" + q({ tenant }), { owners: text.value });
      say(`${number(d.lines)} lines are kept.`);
      again();
    });
  }
  async function tried(f) {
    try {
      await f();
    } catch (p) {
      if (!(p instanceof Problem)) throw p;
      shown.replaceChildren(note("bad", p.fields.size ? `The map cannot be read: ${[...p.fields.values()].join("; ")}. Nothing was changed.` : p.message));
    }
  }
  return [
    head("Owners", `Whom an investigation names as the owner of ${tenant}’s hosts, accounts and resources.`),
    sheet(null,
      field("Import a file", file, "CSV with KIND,PATTERN,OWNER, or lines of [KIND:]PATTERN OWNER as in CODEOWNERS. Nothing is kept before you say so."),
      field("The map", text, "* and ? stand for any text and any character; case is ignored; # begins a comment; of several lines that match the last one counts."),
      el("div", { class: "row" }, look, keep)),
    shown,
    sameByApi(["PUT", `/admin/owners${q({ tenant })}`, { owners: "host:web-* Web team" }]),
    el("p", { class: "small quiet" }, "With the tool: ", el("code", null, `tra-ce owners import FILE --tenant ${tenant}`)),
  ];
}
