// SPDX-License-Identifier: Apache-2.0
// A tenant's keys: what they may, when they were last used, when they end.
import { el, time, say, stamp } from "./dom.js";
import { call, get, q } from "./api.js";
import { ask, code, field, form, head, input, note, pick, sameByApi, select, sheet, table, tag } from "./parts.js";

export const scopes = [
  ["ingest", "Send events", true], ["read", "Read events, chains and the live stream", true],
  ["analyze", "Analyze, judge and cut chains", true], ["ai", "Investigate and triage", true],
  ["admin", "Keys, owners, use and audit log of this tenant", false],
  ["assert", "What this sender says of identities counts as proof", false],
];
const DAY = 86400000, SOON = 14;

const spans = [["30d", "30 days"], ["90d", "90 days"], ["180d", "180 days"], ["365d", "a year"]];

// The form of a new key; made(answer) gets what is shown once.
export function keyForm(tenant, made) {
  return form(async data => {
    const addresses = data.get("addresses").split(/[\s,]+/).filter(Boolean);
    made(await call("POST", "/admin/keys" + q({ tenant }), {
      name: data.get("name"), scopes: data.getAll("scopes"), expires_in: data.get("expires_in"), ...(addresses.length ? { addresses } : {}),
    }));
  }, "Make the key",
  el("div", { class: "two" },
    field("Name", input("name", { required: true, maxlength: 128, placeholder: "forwarder on log-1" }), "What it is for: you will meet it in the list and in the audit log."),
    field("Good for", select("expires_in", spans, "90d"), "It can be rotated without a gap before that.")),
  el("fieldset", null, el("legend", null, "It may"), scopes.map(([name, text, on]) => pick("checkbox", "scopes", name, name, text, on))),
  field("Only from these addresses", input("addresses", { placeholder: "10.0.0.0/8, 2001:db8::/32" }), "Leave it empty for any."));
}

export function shownOnce(k) {
  return [note("good", "This is the only time the key is shown: only its hash is kept."), code(k.key, "secret")];
}

function ending(k) {
  if (!k.expires_at || k.state === "revoked") return el("span", { class: "quiet" }, "–");
  const days = (Date.parse(k.expires_at) - Date.now()) / DAY;
  if (k.state === "expired" || days > SOON) return time(k.expires_at);
  return [tag("warn", days < 1 ? "within a day" : `in ${Math.ceil(days)} days`), " ", el("span", { class: "quiet small" }, stamp(k.expires_at).slice(0, 10))];
}

const states = { active: "good", rotated: "warn", expired: "flat", revoked: "flat" };

function rotate(k, again) {
  const choice = select("overlap", [["0s", "at once"], ["1h", "in an hour"], ["24h", "in a day"], ["7d", "in a week"]], "24h");
  ask(["Rotate ", el("bdi", null, k.name)], [el("p", null, "A successor with the same rights is made now. Change your senders over; the old key ends on its own."),
    field("The old key ends", choice)], "Rotate", async d => {
    const made = await call("POST", `/admin/keys/${k.key_id}/rotate`, { overlap: choice.value });
    d.addEventListener("close", () => {
      const shown = ask("The new key", shownOnce(made), "I have copied it", () => {});
      shown.lastElementChild.lastElementChild.remove();
      shown.addEventListener("close", again);
    }, { once: true });
  });
}

function revoke(k, again) {
  ask(["Revoke ", el("bdi", null, k.name), "?"], el("p", null, "Within a second no process takes it any more, and its open streams end. This cannot be taken back."), "Revoke", async () => {
    await call("DELETE", `/admin/keys/${k.key_id}`);
    say("The key is revoked.");
    again();
  }, "bad");
}

export async function keys({ tenant, again }) {
  const { keys: list } = await get("/admin/keys" + q({ tenant }));
  const good = list.filter(k => k.state === "active" || k.state === "rotated").reverse();
  const old = list.filter(k => !good.includes(k)).reverse();
  const soon = good.filter(k => k.state === "active" && Date.parse(k.expires_at) - Date.now() < SOON * DAY);
  const idle = good.filter(k => !k.last_used_at && Date.now() - Date.parse(k.created_at) > 30 * DAY);
  const columns = [
    ["Name", k => [el("b", null, k.name), el("br"), el("code", { class: "quiet" }, `tra_${k.key_id}_…`)]],
    ["State", k => [tag(states[k.state], k.state === "rotated" ? "being replaced" : k.state), k.successor ? [el("br"), el("span", { class: "small quiet" }, "by ", el("code", null, k.successor))] : null]],
    ["May", k => [el("div", { class: "tags" }, k.scopes.map(s => tag("flat", s))), k.addresses.length ? el("div", { class: "small quiet" }, "from ", k.addresses.join(", ")) : null]],
    ["Last used", k => time(k.last_used_at), "keep"],
    ["Ends", k => k.state === "revoked" ? ["revoked ", time(k.revoked_at)] : ending(k), "keep"],
  ];
  const buttons = ["", k => el("div", { class: "row" },
    k.state === "active" ? el("button", { class: "slim", type: "button", onclick: () => rotate(k, again), "aria-label": `Rotate ${k.name}` }, "Rotate") : null,
    el("button", { class: "slim bad", type: "button", onclick: () => revoke(k, again), "aria-label": `Revoke ${k.name}` }, "Revoke"))];
  const made = el("div", { tabindex: "-1" });
  const fresh = sheet("A new key", keyForm(tenant, k => {
    made.replaceChildren(...shownOnce(k), el("div", { class: "row" }, el("button", { type: "button", class: "first", onclick: again }, "I have copied it")));
    fresh.replaceChildren(el("h2", null, "The key ", el("bdi", null, k.name)), made);
    made.focus();
  }));
  fresh.hidden = true;
  const open = el("button", { class: "first", type: "button", onclick: () => {
    fresh.hidden = false;
    open.hidden = true;
    fresh.querySelector("input")?.focus();
  } }, "New key");
  return [
    head("Keys", `What ${tenant}’s senders and tools sign in with.`, open),
    soon.length ? note("warn", soon.length === 1 ? [el("bdi", null, soon[0].name), " ends soon. Rotate it: the old key lives on while you change your senders over."] : `${soon.length} keys end soon. Rotate them: the old ones live on while you change your senders over.`) : null,
    idle.length ? note("", idle.length === 1 ? [el("bdi", null, idle[0].name), " was made over 30 days ago and never used."] : `${idle.length} keys were made over 30 days ago and never used.`) : null,
    fresh,
    sheet(null, table("Keys", [...columns, buttons], good, "There is no key yet.")),
    old.length ? el("details", { class: "sheet" }, el("summary", null, `Ended: ${old.length}`), table("Ended keys", columns, old, "")) : null,
    sameByApi(["GET", `/admin/keys${q({ tenant })}`], ["POST", `/admin/keys${q({ tenant })}`, { name: "forwarder", scopes: ["ingest"], expires_in: "90d" }],
      ["POST", "/admin/keys/KEY_ID/rotate", { overlap: "24h" }], ["DELETE", "/admin/keys/KEY_ID"]),
  ];
}
