#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The panel in a real browser: from the one-time token to the first chain, guesses
slowed, hostile names shown as what they are."""
import subprocess, time
import browser
from browser import Keys, need, until
from lab import Client, Person, break_in, sign_in

PASSWORD = Person.PASSWORD
HOSTILE = "<img src=x onerror=alert(1)>\u202e'\"<script>document.title='x'</script>"


def the_first_administrator_comes_from_the_token_to_a_first_chain(l, b):
    token = l.tool("admin", "create")["token"]
    b.open("/admin/#token=" + token)
    b.see("h1", "Welcome")
    b.shot("welcome")
    b.type("[name=name]", "harbour master")
    b.type("[name=password]", PASSWORD)
    b.type("[name=again]", PASSWORD + "!")
    b.click("[type=submit]")
    b.see(".wrong", "not the same")
    b.type("[name=again]", PASSWORD)
    b.click("[type=submit]")
    b.see("#top", "harbour master")
    need(token not in b.driver.current_url, "the token stays in the address")

    b.open("/admin/#/start?new")
    b.see("h1", "Make a tenant")
    b.type("[name=name]", "<script>alert(1)</script>")
    b.click("[type=submit]")
    b.see(".wrong", "A-Z a-z 0-9")
    b.type("[name=name]", "north")
    b.click("[value=enterprise]")
    b.type("[name=retention_days]", "30")
    b.shot("start-tenant")
    b.click("[type=submit]")

    b.see("h1", "Make a key")
    b.type("[name=name]", HOSTILE)
    for scope in ("read", "analyze", "ai"):              # a sender's key need not read: the page does, by the session
        b.click(f"[name=scopes][value={scope}]")
    b.js("document.querySelector('[name=expires_in]').value = '30d'")
    b.type("[name=addresses]", "127.0.0.0/8")
    b.shot("start-key")
    b.click("[type=submit]")
    b.see("h1", "Send something")
    key = b.text(b.see(".secret pre"))
    b.cdp("Browser.grantPermissions", origin=b.origin, permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    b.click(".secret button", "Copy")
    need(until(lambda: b.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0], e => arguments[0](String(e)))") == key, 5), "not copied")
    made = l.tool("key", "list", "north")["keys"][-1]
    need(made["scopes"] == "ingest" and made["addresses"] == "127.0.0.0/8" and 29 < (time.mktime(time.strptime(made["expires_at"][:19], "%Y-%m-%dT%H:%M:%S")) - time.time()) / 86400 < 31, made)
    shell, python = (b.text(e) for e in b.all(".code:not(.secret) pre")[:2])
    need(key in shell and key in python and f":{l.port}/api/v1/events" in shell, shell)
    b.see(".waiting", "Waiting")
    b.shot("start-waiting")
    need(not b.axe(), b.axe())

    r = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=30)
    need('"accepted":1' in r.stdout, r.stdout, r.stderr)
    b.see(".note.good", "1 event has arrived")
    r = subprocess.run(["/usr/bin/python3", "-c", python], capture_output=True, text=True, timeout=30)
    need('"accepted":1' in r.stdout, r.stdout, r.stderr)
    Client(l, key).send(break_in(1, "panel"))
    b.see(".note.good", "Live:")                        # by the stream, with that key
    b.shot("start-arrived")
    b.click("button", "See what it can prove")
    b.see("h1", "What can be proven")
    b.see("section", "windows")
    b.see("a.button", "Open the chain")
    b.shot("start-coverage")
    need(not b.axe(), b.axe())
    chain = b.see("a.button", "Open the chain").get_attribute("href").rpartition("/")[2]
    b.click("a.button", "Open the chain")               # the console, by the same session
    need(until(lambda: b.where().startswith("/#/chain/"), 5), b.where())
    b.see("main", "desk-")
    b.shot("first-chain")
    need(chain in b.where(), b.where())
    b.open("/admin/#/keys?tenant=north")
    b.see("td", HOSTILE)
    need(key not in b.js("return document.documentElement.outerHTML"), "the key is still on the page")


def guesses_are_slowed_and_said_so(l, b):
    l.person("guessed", sign_in=False)
    b.open("/admin/")
    for n in range(8):                                  # a busy machine may outwait the first waits
        b.see("h1", "Sign in")
        b.type("[name=name]", "guessed")
        b.type("[name=password]", f"wrong password {n}").send_keys(Keys.ENTER)
        said = b.see(".note.bad", "o")
        if "too many tries" in b.text(said):
            break
        until(lambda: not b.all("[aria-disabled]"), 5)
    b.see(".note.bad", "too many tries")
    b.shot("slowed")
    Person(l, "guessed").sign_in().want(200)            # from another address, at once
    for _ in range(20):                                 # as long as it said, and then it is looked at
        time.sleep(2)
        b.type("[name=password]", PASSWORD).send_keys(Keys.ENTER)
        if until(lambda: b.all("#nav a"), 3):
            break
    b.see("#nav a")


def a_session_that_ended_leads_back_to_the_door(l, b):
    l.tenant("leaving")
    b.enter("leaver")
    b.click("button", "Sign out")
    b.see("h1", "Sign in")
    b.open("/admin/#/audit")
    b.see("h1", "Sign in")
    b.enter("leaver two")
    l.tool("admin", "remove", "leaver two")
    b.click("#nav a", "Audit log")
    b.see("h1", "Sign in")


def a_tenants_administrator_sees_that_tenant_alone(l, b):
    l.tenant("mine").send([sign_in(1)])
    l.tenant("not-mine-at-all")
    b.enter("local", "mine")
    b.see("h1", "mine")
    for screen in ("start", "tenant", "keys", "owners", "rules", "people", "audit", "account"):
        b.open(f"/admin/#/{screen}")
        b.see("h1")
        b.gone(".note.bad")
        need("not-mine" not in b.words(), screen, "shows another tenant")
    b.open("/admin/#/keys?tenant=not-mine-at-all")
    b.see("p", "mine’s senders")
    b.open("/admin/#/tenants")
    b.see(".note.bad", "lacks scope")


def what_senders_wrote_is_text(l, b):
    c = l.tenant("hostile")
    c.post("/events", {"events": [sign_in(1, source="evil <b>source</b> \u202e", host="<svg onload=alert(1)>.yard.example")]})
    c.send([sign_in(2, host="x" * 200 + ".example", source="long-" + "s" * 50)])
    l.tool("key", "add", "hostile", "--name", HOSTILE, "--scopes", "read")
    p = l.person("hostile <i>name</i>")
    p.request("PUT", "/admin/owners?tenant=hostile", {"owners": f"host:* {HOSTILE}\n"}).want(200)
    b.enter("taster")
    for screen, css in (("tenant", "td"), ("keys", "td"), ("owners", "textarea"), ("audit", "td"), ("people", "td"), ("tenants", "td")):
        b.open(f"/admin/#/{screen}?tenant=hostile")
        b.see(css)
        need(not b.js("return document.querySelectorAll('main img, main script, main b b, main i').length"), screen, "made markup of it")
        need(b.wide() <= 0, screen, "is wider than its window by", b.wide())
    b.open("/admin/#/owners?tenant=hostile")
    b.click("button", "Preview")
    b.see("td", HOSTILE)
    need(not b.js("return document.querySelectorAll('main img, main script').length"), "markup")


def the_keyboard_reaches_everything(l, b):
    l.tenant("keyed")
    b.enter("typist", path="/admin/#/keys?tenant=keyed")
    b.see("td", "first")
    b.js("document.activeElement.blur(); document.body.focus()")
    b.open("/admin/#/keys?tenant=keyed")
    b.see("td", "first")
    b.press(Keys.TAB)
    need(b.js("return document.activeElement.textContent") == "To the content", "the first stop is the skip link")
    b.press(Keys.ENTER)
    need(b.js("return document.activeElement.id") == "view", "the skip link leads nowhere")
    seen = []
    for _ in range(12):
        b.press(Keys.TAB)
        seen.append(b.js("return document.activeElement.textContent").strip()[:20])
    need({"New key", "Rotate", "Revoke"} <= set(seen), seen)


if __name__ == "__main__":
    browser.main(the_first_administrator_comes_from_the_token_to_a_first_chain, guesses_are_slowed_and_said_so,
                 a_session_that_ended_leads_back_to_the_door, a_tenants_administrator_sees_that_tenant_alone,
                 what_senders_wrote_is_text, the_keyboard_reaches_everything)
