// SPDX-License-Identifier: Apache-2.0
// Administrators, and one's own account.
import { el, time, say } from "./dom.js";
import { call, get, Problem } from "./api.js";
import { ask, code, field, form, head, input, note, sameByApi, select, sheet, table, tag } from "./parts.js";

export async function people({ who, names, again }) {
  const { administrators: list } = await get("/admin/administrators");
  const operator = who.role === "operator", token = el("div", { tabindex: "-1" });
  const tell = (d, whom) => {
    token.replaceChildren(sheet("A one-time token",
      note("good", "Give this address to ", el("bdi", null, whom), ". It works once and for a day, and is not shown again."),
      code(`${location.origin}${location.pathname}#token=${d.token}`, "secret")));
    token.focus();
  };
  const invite = form(async data => {
    const tenant = data.get("tenant");
    tell(await call("POST", "/admin/administrators", tenant ? { tenant } : {}), tenant ? `the new administrator of ${tenant}` : "the new operator");
  }, "Make a token", operator
    ? field("For", select("tenant", [["", "an operator: all tenants, plans and the server’s log"], ...names.map(n => [n, `an administrator of ${n} alone`])], ""))
    : el("p", null, `For another administrator of ${who.tenant}.`));
  const reset = p => ask(["A new password for ", el("bdi", null, p.name), "?"], el("p", null, "You get a one-time token to hand over. Nothing changes before it is used; then all sessions of that name end."), "Make a token",
    async () => tell(await call("POST", "/admin/administrators", { name: p.name }), p.name));
  const remove = p => ask(["Remove ", el("bdi", null, p.name), "?"], el("p", null, "The account and its sessions end at once. What it did stays in the audit log."), "Remove", async () => {
    await call("DELETE", `/admin/administrators/${encodeURIComponent(p.name)}`);
    say(`${p.name} is removed.`);
    again();
  }, "bad");
  return [
    head("People", operator ? "Who may use this panel." : `Who may administer ${who.tenant}.`),
    token,
    sheet(null, table("Administrators", [
      ["Name", p => el("b", null, p.name)],
      ["Role", p => p.role === "operator" ? tag("", "operator") : ["administrator of ", p.tenant]],
      ["Since", p => time(p.created_at)],
      ["", p => p.name === who.name ? el("span", { class: "quiet" }, "you") : el("div", { class: "row" },
        el("button", { class: "slim", type: "button", onclick: () => reset(p), "aria-label": `New password for ${p.name}` }, "New password"),
        el("button", { class: "slim bad", type: "button", onclick: () => remove(p), "aria-label": `Remove ${p.name}` }, "Remove"))],
    ], list, "Nobody.")),
    sheet("Invite somebody", invite),
    sameByApi(["GET", "/admin/administrators"], ["POST", "/admin/administrators", operator ? { tenant: names[0] || "TENANT" } : {}]),
  ];
}

export async function account({ who }) {
  return [
    head("Your account", who.role === "operator" ? "Operator of this server." : `Administrator of ${who.tenant}.`),
    sheet("Change your password", form(async data => {
      if (data.get("new_password") !== data.get("again"))
        throw new Problem(422, { errors: [{ pointer: "/again", detail: "is not the same" }] });
      await call("PATCH", "/admin/session", { password: data.get("password"), new_password: data.get("new_password") });
      dispatchEvent(new Event("signed-out"));
      say("Your password is changed, and all your sessions have ended. Sign in again.");
    }, "Change it",
    el("input", { type: "text", autocomplete: "username", value: who.name, hidden: true }),
    field("Password now", input("password", { type: "password", autocomplete: "current-password" })),
    field("New password", input("new_password", { type: "password", autocomplete: "new-password" }), "At least 12 characters."),
    field("New password again", input("again", { type: "password", autocomplete: "new-password" })))),
  ];
}
