// SPDX-License-Identifier: Apache-2.0
// The Sigma rules that tag this tenant's events: which are on, and its own.
import { el, number, say, size, time } from "./dom.js";
import { call, get, q, Problem } from "./api.js";
import { ask, field, form, head, input, note, sameByApi, sheet, table, tag } from "./parts.js";

const kinds = { critical: "bad", high: "bad", medium: "warn", low: "flat", informational: "flat" };
const order = Object.keys(kinds);
const SHOWN = 200, FILES = 500, MOST = 64 << 10;

// The files of an input, read; a folder's too, where the browser hands it over.
async function chosen(control) {
  const files = [...control.files].filter(f => /\.ya?ml$/i.test(f.name));
  if (!files.length) throw new Problem(422, { detail: "Choose files that end in .yml or .yaml: one rule each." });
  if (files.length > FILES) throw new Problem(422, { detail: `At most ${FILES} files make a pack.` });
  const big = files.find(f => f.size > MOST);
  if (big) throw new Problem(422, { detail: `${big.name} has more than 64 KiB.` });
  return Promise.all(files.map(async f => ({ file: (f.webkitRelativePath || f.name).slice(-200), yaml: await f.text() })));
}

const refusedTable = (list) => table("Refused rules", [
  ["File", r => [el("code", null, el("bdi", null, r.file)), el("div", { class: "small quiet" }, r.pack)]],
  ["Line", r => r.line ?? "–", "number"],
  ["Why", r => r.reason],
], list, "");

export async function rules({ tenant, again, words }) {
  const of = (path) => `/admin/${path}${q({ tenant })}`;
  const [d, { packs }] = await Promise.all([get(of("rules")), get(of("packs"))]);
  const list = [...d.rules].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level) || a.title.localeCompare(b.title));
  const act = async (f, done) => {
    try {
      await f();
      say(done);
      again();
    } catch (p) {
      if (!(p instanceof Problem)) throw p;
      say(p.message);
    }
  };

  // ------------------------------------------------------------------ packs
  const turn = (k) => () => k.enabled ? ask(`Switch off ${k.name}?`,
    el("p", null, `${number(k.rules_enabled)} rules will find nothing in ${tenant}’s events from now on.`), "Switch off",
    async () => { await call("PATCH", of(`packs/${k.name}`), { enabled: false }); again(); }, "bad")
    : act(() => call("PATCH", of(`packs/${k.name}`), { enabled: true }), "It is on from the next event.");
  const files = (name, multiple = true) => el("input", { type: "file", name, multiple, accept: ".yml,.yaml" });
  const refill = (k) => {
    const f = files("files");
    ask(`Other files for ${k.name}`, field("Files", f, "They take the place of all that it has."), "Replace", async () => {
      const made = await call("PATCH", of(`packs/${k.name}`), { files: await chosen(f) });
      say(`${number(made.rules)} rules are loaded, ${number(made.refused)} are not.`);
      again();
    });
  };
  const named = (text, k, f, kind = "") => el("button", { class: `slim ${kind}`, type: "button", "aria-label": `${text}: ${k.name}`, onclick: f }, text);
  const fresh = sheet("A pack of your own", form(async data => {
    const made = await call("POST", of("packs"), { name: data.get("name").trim(), files: await chosen(fresh.querySelector("[type=file]")) });
    say(`${number(made.rules)} rules are loaded, ${number(made.refused)} are not.`);
    again();
  }, "Add the pack",
  field("Name", input("name", { required: true, maxlength: 64 }), "Letters, digits, . _ and -"),
  field("Files", files("files"), "Sigma rules in YAML, one a file. What cannot be loaded is listed with its reason, and harms no other.")));
  fresh.hidden = true;
  const open = el("button", { class: "first", type: "button", onclick: () => {
    fresh.hidden = false;
    open.hidden = true;
    fresh.querySelector("input").focus();
  } }, "Add a pack");

  // ------------------------------------------------------------------ rules
  const at = el("div");
  const filter = input("filter", { type: "search", placeholder: "Title, technique, file, pack, on or off", "aria-label": "Filter rules", value: words.get("find") || "" });
  const draw = () => {
    const word = filter.value.toLowerCase();
    const hit = list.filter(r => `${r.title} ${r.id} ${r.mitre_techniques.join(" ")} ${r.file} ${r.pack} ${r.level} ${r.enabled ? "on" : "off"}`.toLowerCase().includes(word));
    at.replaceChildren(el("p", { class: "small quiet" }, `${number(hit.length)} of ${number(list.length)}${hit.length > SHOWN ? `, the first ${SHOWN} shown` : ""}`),
      table("Rules", [
        ["Level", r => tag(kinds[r.level], r.level)],
        ["Rule", r => [el("bdi", null, r.title), el("div", { class: "small quiet" }, el("code", null, el("bdi", null, r.id)))]],
        ["Techniques", r => el("div", { class: "tags" }, r.mitre_techniques.map(t => tag("flat", t)))],
        ["Pack", r => [r.pack, el("div", { class: "small quiet" }, el("code", null, el("bdi", null, r.file)))], "keep"],
        ["", r => el("div", { class: "row" }, r.enabled ? null : tag("warn", "off"),
          el("button", { class: "slim", type: "button", "aria-label": `${r.enabled ? "Switch off" : "Switch on"}: ${r.title}`,
            onclick: () => act(() => call("PATCH", of("rules"), { [r.enabled ? "disable" : "enable"]: [r.id] }), r.enabled ? "It finds nothing from the next event on." : "It is on from the next event.") },
          r.enabled ? "Switch off" : "Switch on"))],
      ], hit.slice(0, SHOWN), "No rule fits."));
  };
  filter.addEventListener("input", draw);
  draw();
  return [
    head("Rules", `Sigma rules that put ATT&CK techniques on ${tenant}’s events: the server’s, which can be switched off here, and ${tenant}’s own.`, open),
    d.rebuild_needed ? note("warn", "New events are read with what is on now; some that were stored before were read with other rules. ", el("code", null, `tra-ce rebuild --tenant ${tenant}`), " reads them again.") : null,
    fresh,
    sheet("Packs", table("Packs", [
      ["Pack", k => [el("b", null, k.name), el("div", { class: "small quiet" }, k.origin === "server" ? "the server’s" : [`${size(k.bytes)}, by ${k.created_by}, `, time(k.updated_at)])]],
      ["State", k => k.enabled ? tag("good", "on") : tag("warn", "off")],
      ["Rules on", k => `${number(k.rules_enabled)} of ${number(k.rules)}`, "number"],
      ["Refused", k => number(k.refused), "number"],
      ["", k => el("div", { class: "row" }, named(k.enabled ? "Switch off" : "Switch on", k, turn(k)), k.origin === "tenant" ? [named("Replace", k, () => refill(k)),
        named("Remove", k, () => ask(`Remove ${k.name}?`, el("p", null, "Its rules find nothing from the next event on; tags that are there stay until a rebuild."), "Remove",
          async () => { await call("DELETE", of(`packs/${k.name}`)); again(); }, "bad"), "bad")] : null)],
    ], packs, "There are no rules.")),
    d.refused.length ? sheet(`Not loaded: ${d.refused.length}`, refusedTable(d.refused)) : null,
    sheet("Rules", el("div", { class: "field" }, filter), at),
    el("p", { class: "small quiet" }, "Ruleset ", el("code", null, d.ruleset.slice(0, 16)), "…: two tenants with the same one get the same chains of the same events."),
    sameByApi(["GET", of("rules")], ["PATCH", of("rules"), { disable: ["RULE_ID"] }], ["POST", of("packs"), { name: "ours", files: [{ file: "a.yml", yaml: "title: …" }] }],
      ["PATCH", of("packs/server"), { enabled: false }]),
    el("p", { class: "small quiet" }, "With the tool: ", el("code", null, `tra-ce rules add NAME FOLDER --tenant ${tenant}`)),
  ];
}
