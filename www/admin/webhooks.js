// SPDX-License-Identifier: Apache-2.0
// Who is told of chains and investigations by POST, and how that went.
import { el, number, say, time } from "./dom.js";
import { call, get, q, Problem } from "./api.js";
import { ask, code, field, form, head, input, note, pick, sameByApi, select, sheet, table, tag } from "./parts.js";

const kinds = [["chain.threshold", "a chain that reaches the grade and score below, once"], ["investigation.completed", "an investigation that is done"]];
const grades = [["INFERRED", "INFERRED or better"], ["MIXED", "MIXED or better"], ["PROVABLE", "PROVABLE"]];

function shownOnce(d) {
  return [note("good", "The secret that signs deliveries (Standard Webhooks). It is shown this once."), code(d.secret, "secret")];
}

function state(h) {
  if (!h.enabled) return [tag("flat", "off"), h.disabled_because ? el("div", { class: "small quiet" }, h.disabled_because) : null];
  if (h.failures_in_a_row) return tag("warn", `${number(h.failures_in_a_row)} failures in a row`);
  return tag("good", "on");
}

export async function webhooks({ tenant, again, words, go }) {
  const of = path => `/webhooks${path}${q({ tenant })}`;
  const { webhooks: list } = await get(of(""));
  const fresh = sheet("A new webhook", form(async data => {
    const d = await call("POST", of(""), {
      url: data.get("url").trim(), events: data.getAll("events"), min_confidence: data.get("min_confidence"),
      min_score: Number(data.get("min_score")), description: data.get("description"),
    });
    fresh.replaceChildren(el("h2", null, "The webhook is made"), ...shownOnce(d),
      el("div", { class: "row" }, el("button", { type: "button", class: "first", onclick: again }, "I have copied it")));
  }, "Make the webhook",
  field("Address", input("url", { type: "url", required: true, placeholder: "https://soc.example.com/hooks/trace" }), "https and a public address; it is looked at again on every attempt."),
  field("For what", input("description", { maxlength: 256 })),
  el("fieldset", null, el("legend", null, "Tell of"), kinds.map(([name, text], i) => pick("checkbox", "events", name, name, text, i === 0))),
  el("div", { class: "two" }, field("Grade at least", select("min_confidence", grades, "MIXED")),
    field("Score at least", input("min_score", { inputmode: "numeric", value: "50" }), "0 to 100"))));
  fresh.hidden = true;
  const open = el("button", { class: "first", type: "button", onclick: () => {
    fresh.hidden = false;
    open.hidden = true;
    fresh.querySelector("input").focus();
  } }, "New webhook");
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
  const button = (h, text, f, kind = "") => el("button", { class: `slim ${kind}`, type: "button", onclick: f, "aria-label": `${text}: ${h.url}` }, text);
  const buttons = h => el("div", { class: "row" },
    button(h, "Deliveries", () => go("webhooks", { tenant, of: h.webhook_id })),
    h.enabled ? button(h, "Test", () => act(() => call("POST", of(`/${h.webhook_id}/test`)), "A test is on its way.")) : null,
    button(h, h.enabled ? "Switch off" : "Switch on", () => act(() => call("PATCH", of(`/${h.webhook_id}`), { enabled: !h.enabled }), "Done.")),
    button(h, "New secret", () => rotate(h)),
    button(h, "Delete", () => ask("Delete this webhook?", el("p", null, el("code", null, h.url), " and all its deliveries, those waiting too."), "Delete",
      async () => { await call("DELETE", of(`/${h.webhook_id}`)); again(); }, "bad"), "bad"));
  function rotate(h) {
    const overlap = select("overlap", [["0s", "at once"], ["24h", "in a day"], ["7d", "in a week"]], "24h");
    ask("A new secret", [el("p", null, "Both sign while they overlap, so that the receiver can change over."), field("The old one ends", overlap)], "Make it", async d => {
      const made = await call("POST", of(`/${h.webhook_id}/rotate`), { overlap: overlap.value });
      d.addEventListener("close", () => {
        const shown = ask("The new secret", shownOnce(made), "I have copied it", () => {});
        shown.lastElementChild.lastElementChild.remove();
        shown.addEventListener("close", again);
      }, { once: true });
    });
  }
  const chosen = list.find(h => h.webhook_id === words.get("of"));
  return [
    head("Webhooks", `Who is told of ${tenant}’s chains and investigations.`, open),
    fresh,
    sheet(null, table("Webhooks", [
      ["Address", h => [el("code", null, h.url), h.description ? el("div", { class: "small quiet" }, h.description) : null]],
      ["State", state],
      ["Of", h => [el("div", { class: "tags" }, h.events.map(e => tag("flat", e))), el("div", { class: "small quiet" }, `${h.min_confidence}, score ${h.min_score} or more`)]],
      ["Last receipt", h => time(h.last_success_at), "keep"],
      ["", buttons],
    ], list, "There is no webhook yet.")),
    chosen ? await deliveries(of, chosen, act) : null,
    sameByApi(["GET", of("")], ["POST", of(""), { url: "https://soc.example.com/hooks/trace", events: ["chain.threshold"], min_confidence: "MIXED", min_score: 50 }],
      ["POST", of("/WEBHOOK_ID/deliveries/DELIVERY_ID/redeliver")]),
  ];
}

const went = { waiting: "warn", delivered: "good", dead: "bad" };

async function deliveries(of, h, act) {
  const { deliveries: list } = await get(of(`/${h.webhook_id}/deliveries`));
  return sheet(["Deliveries to ", el("bdi", null, h.url)], table("Deliveries", [
    ["Made", d => time(d.created_at), "keep"],
    ["What", d => [d.type, el("br"), el("code", { class: "quiet" }, d.delivery_id)]],
    ["State", d => tag(went[d.status], d.status === "dead" ? "given up" : d.status)],
    ["Attempts", d => number(d.attempts), "number"],
    ["Last answer", d => d.last_error ? d.last_error : d.last_status ? `${d.last_status} in ${number(d.latency_ms)} ms` : "–"],
    ["Next", d => d.next_attempt_at ? time(d.next_attempt_at) : "–", "keep"],
    ["", d => el("button", { class: "slim", type: "button", "aria-label": `Send again: ${d.delivery_id}`,
      onclick: () => act(() => call("POST", of(`/${h.webhook_id}/deliveries/${d.delivery_id}/redeliver`)), "It is sent again.") }, "Send again")],
  ], list, "Nothing has been sent yet."));
}
