// SPDX-License-Identifier: Apache-2.0
// Which alerts come last: a rule is looked at before it is made.
import { el, number, say, time } from "./dom.js";
import { call, get, q, Problem } from "./api.js";
import { ask, field, form, head, input, note, sameByApi, select, sheet, table, tag } from "./parts.js";

const conditions = [
  ["rule", "Detection", "id of a rule, or a source’s own alert as SOURCE: ACTION"], ["technique", "Technique", "T1059, T1059.001 or T1059.*"],
  ["host", "Host"], ["account", "Account"], ["entity", "Anything named", "KIND:NAME, as in domain:*.example.com"], ["action", "Action"],
  ["source", "Source"], ["event_type", "Event type"],
];
const spans = [["7d", "7 days"], ["30d", "30 days"], ["90d", "90 days"], ["365d", "a year"]];
const states = { active: "warn", disabled: "flat", expired: "flat" };
const matchOf = data => Object.fromEntries(conditions.map(([name]) => [name, (data.get(name) || "").trim()]).filter(([, v]) => v));
const plural = (n, word) => `${number(n)} ${word}${n === 1 ? "" : "s"}`;

function said(m) {
  return el("div", { class: "tags" }, Object.entries(m).map(([k, v]) => tag("flat", [k.replace("_", " "), " ", el("code", null, el("bdi", null, v))])));
}

// What it would hide, with examples.
function found(p) {
  return [
    p.warning ? note("bad", `Look twice: ${p.warning}.`) : null,
    el("p", null, `Of the last ${plural(p.alerts_looked_at, "alert")}${p.truncated ? " (there are more than are looked at)" : ""} it would put ${plural(p.alerts, "alert")} last`,
      p.already_suppressed ? `, beside ${number(p.already_suppressed)} that other rules cover already` : "", `. ${plural(p.chains, "chain")} would be hidden whole`,
      p.chains ? ` (${Object.entries(p.chains_by_confidence).filter(([, n]) => n).map(([g, n]) => `${number(n)} ${g}`).join(", ")})` : "", "; a chain with any other alert stays up."),
    p.example_chains.length ? table("Chains it is about", [
      ["Grade", c => tag(c.confidence === "PROVABLE" ? "bad" : "flat", c.confidence)],
      ["Chain", c => [el("bdi", null, c.title), el("div", { class: "small quiet" }, el("code", null, c.chain_id))]],
      ["Closed as", c => c.disposition ? tag(c.disposition === "true_positive" ? "bad" : "flat", c.disposition.replace("_", " ")) : "–"],
    ], p.example_chains, "") : null,
    table("Examples", [
      ["Time", x => time(x.timestamp), "keep"],
      ["Alert", x => [el("bdi", null, x.action), x.true_positive ? [" ", tag("bad", "true positive")] : null, el("div", { class: "small quiet" }, el("bdi", null, x.rules))]],
      ["Where", x => el("bdi", null, x.host || x.source)],
    ], p.examples, "It would cover nothing that was seen in the last 30 days."),
  ];
}

export async function suppressions({ tenant, again }) {
  const of = (path = "") => `/admin/suppressions${path}${q({ tenant })}`;
  const { suppressions: list, hits_complete } = await get(of());
  const shown = el("div", { "aria-live": "polite" });
  const wish = form(async data => {
    shown.replaceChildren();
    const body = { name: data.get("name").trim(), reason: data.get("reason").trim(), match: matchOf(data), expires_in: data.get("expires_in") };
    const p = await call("POST", of("/preview"), { match: body.match });
    const sure = el("input", { type: "checkbox", name: "confirm" });
    const keep = form(async () => {
      await call("POST", of(), { ...body, confirm: sure.checked });
      say("The rule is made.");
      again();
    }, "Make the rule", p.warning ? el("label", { class: "pick" }, sure, el("div", null, el("b", null, "I have read that, and it is meant"))) : null);
    shown.replaceChildren(sheet("What it would hide", found(p), keep));
    say("Preview is ready. Nothing was changed.");
  }, "Preview",
  field("Name", input("name", { required: true, maxlength: 128 }), "Stands on everything that it puts last."),
  field("Reason", input("reason", { required: true, maxlength: 1000 }), "For whoever wonders at night why this was hidden."),
  el("fieldset", null, el("legend", null, "Alerts for which all of these hold"),
    el("div", { class: "two" }, conditions.map(([name, label, hint]) => field(label, input(name, { maxlength: 512 }), hint))),
    el("p", { class: "hint" }, "* is any text, ? any one character. At least one of the first six must say more than that.")),
  field("For", select("expires_in", spans, "30d"), "Nothing is hidden for ever."));
  wish.addEventListener("input", () => shown.replaceChildren());      // another rule than the one that was looked at
  const fresh = sheet("A new rule", wish, shown);
  fresh.hidden = true;
  const open = el("button", { class: "first", type: "button", onclick: () => {
    fresh.hidden = false;
    open.hidden = true;
    fresh.querySelector("input").focus();
  } }, "New rule");
  const toggle = async s => {
    try {
      await call("PATCH", of(`/${s.suppression_id}`), { enabled: !s.enabled });
      say("Done.");
      again();
    } catch (p) {
      if (!(p instanceof Problem)) throw p;
      say(p.message);
    }
  };
  return [
    head("Suppression", `Alerts that ${tenant} wants to see last. They are marked, go to the end of triage, and no webhook is told; nothing is dropped or closed.`, open),
    fresh,
    sheet(null, table("Suppression rules", [
      ["Rule", s => [el("b", null, el("bdi", null, s.name)), el("div", { class: "small quiet" }, el("bdi", null, s.reason), ` (${s.created_by}, `, time(s.created_at), ")")]],
      ["Covers", s => said(s.match)],
      ["State", s => [tag(states[s.state], s.state), el("div", { class: "small quiet" }, s.state === "expired" ? "since " : "until ", el("time", { datetime: s.expires_at }, s.expires_at.slice(0, 10)))]],
      ["Covered", s => [number(s.hits), s.last_hit_at ? el("div", { class: "small quiet" }, "last ", time(s.last_hit_at)) : null], "number"],
      ["", s => el("div", { class: "row" },
        s.state === "expired" ? null : el("button", { class: "slim", type: "button", "aria-label": `${s.enabled ? "Switch off" : "Switch on"}: ${s.name}`, onclick: () => toggle(s) }, s.enabled ? "Switch off" : "Switch on"),
        el("button", { class: "slim bad", type: "button", "aria-label": `Remove: ${s.name}`, onclick: () => ask("Remove this rule?",
          el("p", null, "What it covers is shown as before it was made. Its line stays in the audit log."), "Remove",
          async () => { await call("DELETE", of(`/${s.suppression_id}`)); again(); }, "bad") }, "Remove"))],
    ], list, "Nothing is suppressed."), hits_complete ? null : note("warn", "Much has come in since anybody looked: the counts are not up to date yet. Look again.")),
    sameByApi(["POST", of("/preview"), { match: { host: "scanner-*.example.com" } }],
      ["POST", of(), { name: "Scanner", reason: "Weekly scan, CHG-4711", match: { host: "scanner-*.example.com" }, expires_in: "30d" }],
      ["PATCH", of("/SUPPRESSION_ID"), { enabled: false }]),
    el("p", { class: "small quiet" }, "With the tool: ", el("code", null, `tra-ce suppress preview --host 'scanner-*' --tenant ${tenant}`)),
  ];
}
