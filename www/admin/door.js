// SPDX-License-Identifier: Apache-2.0
// Signing in, and using a one-time token.
import { el, say } from "./dom.js";
import { call, Problem } from "./api.js";
import { field, form, input, note } from "./parts.js";

const safe = () => location.protocol === "https:" || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);

export function door(session, signedIn) {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  const box = el("div", { class: "door" });
  const put = (...kids) => box.replaceChildren(
    safe() ? "" : note("warn", "This connection is not encrypted: a password typed here can be read on its way. Use https."), ...kids);
  const claiming = () => put(claim(token, session.first_visit, signedIn, entering));
  const entering = name => put(enter(name, signedIn, claiming));
  if (token || session.first_visit) claiming();
  else entering();
  return box;
}

function enter(name, signedIn, claiming) {
  const f = form(async data => {
    try {
      await signedIn(await call("POST", "/admin/session", { name: data.get("name"), password: data.get("password") }));
    } catch (p) {
      if (p instanceof Problem && p.status === 429) await pause(f, p);
      throw p;
    }
  }, "Sign in",
  field("Name", input("name", { autocomplete: "username", value: name, required: true })),
  field("Password", input("password", { type: "password", autocomplete: "current-password", required: true })));
  return el("section", { class: "sheet" }, el("h1", { tabindex: "-1" }, "Sign in"), f,
    el("p", { class: "small quiet" }, "Invited? ", el("button", { class: "plain slim", type: "button", onclick: claiming }, "Use a one-time token"),
      el("br"), "Password forgotten? The operator of this server makes a token: ", el("code", null, "tra-ce admin reset NAME")));
}

// Until the server looks at another try: only this address and name must wait.
function pause(f, p) {
  const b = f.querySelector("[type=submit]"), text = b.textContent;
  let left = p.wait;
  const tick = setInterval(() => {
    left--;
    b.textContent = left > 0 ? `Wait ${left} s` : text;
    if (left <= 0) clearInterval(tick);
  }, 1000);
}

function claim(token, first, signedIn, entering) {
  const f = form(async (data, at) => {
    if (data.get("password") !== data.get("again"))
      throw new Problem(422, { errors: [{ pointer: "/again", detail: "is not the same" }] });
    await call("POST", "/admin/claim", { token: data.get("token").trim(), name: data.get("name"), password: data.get("password") });
    at.reset();
    history.replaceState(null, "", location.pathname);        // the token is spent: out of the address
    say("Your account is ready.");
    await signedIn(await call("POST", "/admin/session", { name: data.get("name"), password: data.get("password") }));
  }, "Make the account",
  field("One-time token", input("token", { value: token, required: true, class: "mono" })),
  field("Your name", input("name", { autocomplete: "username", required: true, maxlength: 64 }), "It stands in the audit log beside what you do."),
  field("Password", input("password", { type: "password", autocomplete: "new-password", required: true }), "At least 12 characters. A few unrelated words are good."),
  field("Password again", input("again", { type: "password", autocomplete: "new-password", required: true })));
  return el("section", { class: "sheet" }, el("h1", { tabindex: "-1" }, first ? "Welcome" : "Your one-time token"),
    el("p", { class: "quiet" }, first
      ? ["Make the first administrator. The token was printed when the server was installed; ", el("code", null, "tra-ce admin create"), " prints another one."]
      : "Choose the name and the password that you will sign in with. For a forgotten password, give the name that you have."),
    f, first ? null : el("p", { class: "small" }, el("button", { class: "plain slim", type: "button", onclick: () => entering() }, "Sign in instead")));
}
