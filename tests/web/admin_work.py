#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is done in the panel every day, in a real browser: keys, plans, owners,
webhooks, the audit log."""
import os
import browser
from browser import By, need, until
from lab import Client, break_in, sign_in

HOSTILE = "<img src=x onerror=alert(1)>\u202e'\"<script>document.title='x'</script>"


def a_key_is_rotated_with_overlap_and_revoked(l, b):
    t = l.tenant("rotating")
    b.enter("key keeper", path="/admin/#/keys?tenant=rotating")
    b.see("td", "first")
    t.get("/events").want(200)
    b.click("button", "Rotate")
    b.see("dialog h2", "Rotate")
    b.shot("rotate")
    b.click("dialog button", "Rotate")
    new = b.text(b.see("dialog .secret pre"))
    b.click("dialog button", "I have copied it")
    b.see("td", "being replaced")
    b.see("td", "never")                                # the new one
    for key in (t.key, new):
        Client(l, key).get("/events").want(200)
    b.shot("keys")
    row = next(r for r in b.all("tbody tr") if new.split("_")[1] in b.text(r))
    row.find_element(By.CSS_SELECTOR, "button.bad").click()
    b.see("dialog h2", "Revoke")
    b.click("dialog button.bad", "Revoke")
    b.gone("dialog")
    need(until(lambda: Client(l, new).get("/events").status == 401, 1), "revoked, but works")
    Client(l, t.key).get("/events").want(200)
    b.see("summary", "Ended: 1")


def a_new_key_is_shown_once_and_its_ending_is_warned_of(l, b):
    l.tenant("ending")
    l.tool("key", "add", "ending", "--name", "short-lived", "--scopes", "read", "--expires", "5d")
    b.enter("ender", path="/admin/#/keys?tenant=ending")
    b.see(".note.warn", "short-lived")
    b.see(".tag.warn", "in 5 days")
    b.click("button", "New key")
    b.type("[name=name]", "made here")
    b.type("[name=addresses]", "not an address")
    b.click("[type=submit]")
    b.see(".wrong", "addresses")
    b.type("[name=addresses]", "127.0.0.0/8, ::1")
    b.click("[type=submit]")
    key = b.text(b.see(".secret pre"))
    Client(l, key).get("/events").want(200)
    b.click("button", "I have copied it")
    b.see("td", "from 127.0.0.0/8, ::1")
    need(not b.all(".secret"), "shown twice")


def owners_are_previewed_before_they_are_kept(l, b):
    l.tenant("owned").send([sign_in(1, host="pier-7.yard.example")])
    b.enter("owner of owners", path="/admin/#/owners?tenant=owned")
    b.type("textarea", "host:pier-* Piers\nlonely\n")
    b.click("button", "Preview")
    b.see(".note.bad", "line 2")
    b.type("textarea", "host:pier-* Piers\n")
    b.click("button", "Preview")
    b.see("td", "Piers")
    b.shot("owners")
    need(l.tool("owners", "show", "--tenant", "owned")["owners"] == "", "kept too early")
    b.click("button", "Replace the map")
    need(until(lambda: l.tool("owners", "show", "--tenant", "owned")["owners"] == "host:pier-* Piers\n", 5, 0.1), "not kept")


RULE = "title: A crane is moved\nid: {0}\nlevel: high\ntags: [attack.t1485]\nlogsource: {{product: any}}\ndetection:\n  a: {{action: crane.moved}}\n  condition: a\n"


def rules_are_switched_and_packs_added_for_this_tenant_alone(l, b):
    t, u = l.tenant("ruled"), l.tenant("unruled")
    tags = lambda c, n: {x["rule"] for x in c.get("/events/" + c.send([sign_in(n, action="crane.moved")])[0]).want(200).json()["tags"]}
    files = []
    for name, text in (("good.yml", RULE.format("own-crane")), ("bad.yml", "title: [\n")):
        files.append(os.path.join(l.data, name))
        with open(files[-1], "w") as f:
            f.write(text)
    b.enter("ruler", path="/admin/#/rules?tenant=ruled")
    b.see("td", "the server’s")
    b.click("button", "Add a pack")
    b.type("[name=name]", "server")
    b.see("form [type=file]").send_keys("\n".join(files))
    b.click("[type=submit]")
    b.see(".wrong", "server")
    b.type("[name=name]", "cranes")
    b.click("[type=submit]")
    b.see("td b", "cranes")
    b.see("h2", "Not loaded: 1")
    b.see("td", "bad.yml")
    need(not b.axe(), b.axe())
    b.shot("rules")
    need((tags(t, 1), tags(u, 1)) == ({"own-crane"}, set()), "not asked, or asked of another's")
    b.type("[name=filter]", "own-crane")
    b.click("button[aria-label='Switch off: A crane is moved']")
    b.see("#said", "next event")
    need(tags(t, 2) == set(), "asked still")
    b.see(".note.warn", "rebuild")
    b.click("button[aria-label='Switch off: server']")
    b.click("dialog button.bad", "Switch off")
    b.see("button[aria-label='Switch on: server']")
    d = l.tool("rules", "packs", "--tenant", "ruled")
    need([(p["name"], p["enabled"]) for p in d["packs"]] == [("server", False), ("cranes", True)], d["packs"])
    b.click("button[aria-label='Remove: cranes']")
    b.click("dialog button.bad", "Remove")
    b.gone("button[aria-label='Remove: cranes']")


def a_suppression_rule_is_looked_at_before_it_is_made(l, b):
    t = l.tenant("quiet")
    events = break_in(1, "panel")
    ids = t.send(events)
    for n in range(2, 5):
        t.send(break_in(n, "panel"))
    host = events[0]["raw"]["Hostname"]
    b.enter("keeper of the peace", path="/admin/#/suppressions?tenant=quiet")
    b.see("p", "Nothing is suppressed")
    b.click("button", "New rule")
    b.type("[name=name]", HOSTILE)
    b.type("[name=reason]", "seen in review")
    b.type("[name=host]", "*")
    b.click("button", "Preview")
    b.see(".note.bad", "three characters")
    b.type("[name=host]", "desk-*")
    b.click("button", "Preview")
    b.see("h2", "What it would hide")
    b.see("td", host)
    b.type("[name=host]", host)                          # another rule: what was looked at is gone
    b.gone(".sheet .sheet")
    b.click("button", "Preview")
    b.see(".sheet .sheet p", "1 chain would be hidden whole")
    need(not b.axe(), b.axe())
    b.shot("suppression")
    need(t.chains(event_ids=ids)[0]["suppressed"] is None, "a preview has hidden something")
    b.click("button", "Make the rule")
    b.see("td b", HOSTILE)
    need(t.chains(event_ids=ids)[0]["suppressed"]["rules"][0]["name"] == HOSTILE, "not made")
    b.click("button", "Switch off")
    b.see("td .tag", "disabled")
    need(t.chains(event_ids=ids)[0]["suppressed"] is None, "not off")
    b.click("button", "Remove")
    b.click("dialog button.bad", "Remove")
    b.see("p", "Nothing is suppressed")


def a_rule_over_a_true_positive_is_warned_of_and_wants_a_second_word(l, b):
    t = l.tenant("warned")
    events = break_in(1, "warned")
    chain = t.chains(event_ids=t.send(events))[0]
    t.post(f"/chains/{chain['chain_id']}/disposition", {"disposition": "true_positive"}).want(200)
    b.enter("careful", path="/admin/#/suppressions?tenant=warned")
    b.click("button", "New rule")
    b.type("[name=name]", "n")
    b.type("[name=reason]", "r")
    b.type("[name=host]", events[0]["raw"]["Hostname"])
    b.click("button", "Preview")
    b.see(".note.bad", "true positive")
    b.click("button", "Make the rule")
    b.see(".sheet .sheet form .note.bad", "confirm")
    need(l.tool("suppress", "list", "--tenant", "warned") == [], "made without a second word")
    b.click("[name=confirm]")
    b.click("button", "Make the rule")
    b.see("td b", "n")


def a_webhook_is_made_tried_and_sent_again(l, b):
    l.tenant("told")
    b.enter("teller", path="/admin/#/webhooks?tenant=told")
    b.click("button", "New webhook")
    b.type("[name=url]", "https://127.0.0.1/hook")
    b.click("[type=submit]")
    b.see(".wrong")
    b.type("[name=url]", "https://hooks.invalid/<b>trace</b>")
    b.type("[name=description]", HOSTILE)
    b.click("[type=submit]")
    need(b.text(b.see(".secret pre")).startswith("whsec_"), "no secret")
    b.click("button", "I have copied it")
    b.see("td", HOSTILE)
    b.click("button", "Test")
    b.click("button", "Deliveries")
    b.see("h2", "Deliveries to")
    b.see("td", "webhook.test")
    b.shot("webhooks")
    need(not b.axe(), b.axe())
    b.click("button", "Send again")
    b.see("#said", "again")
    b.click("button", "Switch off")
    b.see("td .tag", "off")
    b.click("button.bad", "Delete")
    b.click("dialog button.bad", "Delete")
    b.see("p", "There is no webhook yet")


def the_log_is_filtered_and_verified(l, b):
    l.tenant("logged")
    b.enter("reader", path="/admin/#/audit")
    b.see("td", "session.begin")
    b.click("button", "Verify the log")
    b.see(".note.good", "whole")
    b.shot("audit")
    b.js("document.querySelector('[name=what]').value = 'tenant'")
    b.js("document.querySelector('[name=of]').value = 'logged'")
    b.click("button", "Filter")
    b.see("td", "tenant.add")
    need(until(lambda: "session.begin" not in b.words(), 5), "not filtered")
    need("of=logged" in b.where(), "the filter is not in the address")


def plan_and_retention_are_changed(l, b):
    t = l.tenant("planned", plan="standard", rate=None)
    for n in range(130):
        t.get("/events?limit=1")
    b.enter("planner", path="/admin/#/tenant?tenant=planned")
    b.see(".note.warn", "refused")
    b.see("svg .limit-text", "limit 100")
    b.shot("tenant")
    b.type("[name=rate]", "500")
    b.type("[name=retention_days]", "0")
    b.click("button", "Save")
    b.see(".wrong", "whole number")
    b.type("[name=retention_days]", "14")
    b.click("button", "Save")
    b.see(".head p", "500 a minute")
    row = next(x for x in l.tool("tenant", "list")["tenants"] if x["tenant"] == "planned")
    need(row["rate"] == 500 and row["retention_days"] == 14, row)


if __name__ == "__main__":
    browser.main(a_key_is_rotated_with_overlap_and_revoked, a_new_key_is_shown_once_and_its_ending_is_warned_of,
                 owners_are_previewed_before_they_are_kept, rules_are_switched_and_packs_added_for_this_tenant_alone, a_suppression_rule_is_looked_at_before_it_is_made, a_rule_over_a_true_positive_is_warned_of_and_wants_a_second_word,
             a_webhook_is_made_tried_and_sent_again,
                 the_log_is_filtered_and_verified, plan_and_retention_are_changed)
