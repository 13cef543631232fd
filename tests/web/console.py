#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The console: logging in, the list, the queue, and the way back from whatever is
pasted, in a real browser."""
import json, random
import browser, lab
from browser import Keys, incident, need, open_chain, sample, until
from lab import sysmon


def a_key_logs_in_for_this_tab_alone(l, b):
    c = l.tenant()
    b.open("/")
    b.type("#key", c.key[:-1] + "x")
    b.press(Keys.ENTER)
    b.see(".fault", "key")
    need(b.js("return sessionStorage.length") == 0, "a refused key is kept")
    b.type("#key", c.key)
    b.press(Keys.ENTER)
    b.see("#nav a", "Chains")
    need(b.js("return [localStorage.length, document.cookie]") == [0, ""], "kept beyond the tab")
    need(c.key not in b.driver.current_url and c.key not in b.driver.page_source, "the key is in sight")
    b.click("#leave")
    b.see("#key")
    need(b.js("return sessionStorage.length") == 0, "kept after leaving")


def an_account_signs_in_and_its_decisions_bear_its_name(l, b):
    c = l.tenant("north")
    l.tenant("north-not")
    _, chain = incident(c, 6, "account")
    l.person("ann", "north", sign_in=False)
    b.open("/")
    b.type("#name", "ann")
    b.type("#password", "not the password")
    b.press(Keys.ENTER)
    b.see(".fault", "name or password is wrong")
    b.type("#password", lab.Person.PASSWORD)
    b.press(Keys.ENTER)
    b.see("#lamp.on")
    b.see("#who", "north")
    need(b.js("return [sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""], "a script can read what signs in")
    b.open(f"/#/chain/{chain['chain_id']}?tab=history")     # signed in still, in every tab
    b.see(".unit")
    b.type("[name=note]", "seen it")
    b.click(".handling button[type=submit]")
    b.see(".panel", "seen it")
    b.see(".panel", "by ann")
    need("north-not" not in b.words(), "another tenant is in sight")
    l.tool("admin", "remove", "ann")
    b.see("#name", seconds=20)
    b.see(".fault", "The session has ended")


def an_operator_chooses_the_tenant_and_links_say_it(l, b):
    chains = {}
    for n, name in enumerate(("east", "west")):
        c = l.tenant(name)
        chains[name] = incident(c, 7 + n, "operated")[1]["chain_id"]
    l.person("op", sign_in=False)
    b.open("/#/chains")
    b.type("#name", "op")
    b.type("#password", lab.Person.PASSWORD)
    b.press(Keys.ENTER)
    b.see(".tenants button", "west")
    need(not b.axe(), b.axe())
    b.shot("which-tenant")
    b.click(".tenants button", "west")
    b.see(f"tr[data-chain='{chains['west']}']")
    b.click("tr[data-chain] a")
    b.see(".unit")
    need("tenant=west" in b.where(), b.where())
    need(not b.axe(), b.axe())
    link = b.where().replace(chains["west"], chains["east"]).replace("tenant=west", "tenant=east")
    b.open(link)                                         # as a colleague sent it
    b.see(".unit")
    need(b.js("return document.getElementById('tenant').value") == "east", "looks elsewhere")
    b.js("const t = document.getElementById('tenant'); t.value = 'west'; t.dispatchEvent(new Event('change'))")
    b.see(f"tr[data-chain='{chains['west']}']")
    need(not b.all(f"tr[data-chain='{chains['east']}']"), "the other tenant's chain is still there")
    b.see("#lamp.on")
    b.click("#leave")
    b.see("#name")
    b.open("/")
    b.see("#name")                                       # out for good


def a_revoked_key_leads_back_to_the_log_in(l, b):
    t = l.tenant()
    k = l.key(t, "read")
    b.remember(k.key).open("/#/chains")
    b.see("#lamp.on")
    l.tool("key", "revoke", k.key_id)
    b.see("#key", seconds=20)
    b.see(".fault", "no longer valid")


def the_list_follows_the_stream_without_reload(l, b):
    c = l.tenant()
    b.remember(c.key).open("/#/chains")
    b.see("#lamp.on")
    b.see(".empty", "No chain")
    check = b.stays()
    ids, chain = incident(c, 0, "list")
    row = f"tr[data-chain='{chain['chain_id']}']"
    b.see(row, chain["confidence"])
    version = int(b.attribute(row, "data-version"))
    late = sysmon(random.Random(1), 11, chain["nodes"][0]["host"], 1.75e9 + 20, Image="C:\\x.exe", TargetFilename="C:\\Users\\Public\\loot.zip",
                  ProcessGuid=json.loads(c.get("/events/" + ids[3]).json()["raw"])["ProcessGuid"])
    c.send([{"id": "late", "source": "windows", "raw": late, "labels": ["alert"], "mitre_techniques": ["T1560.001"]}])
    need(until(lambda: int(b.attribute(row, "data-version")) > version, 10, 0.05), "the row stays at version", version)
    check()


def filters_are_in_the_url_and_outlive_a_reload(l, b):
    c = l.tenant()
    _, one = incident(c, 1, "f1")
    _, two = incident(c, 2, "f2")
    b.remember(c.key).open("/#/chains")
    b.see(f"tr[data-chain='{two['chain_id']}']")
    host = one["nodes"][0]["host"]
    b.type("[name=host]", host)
    b.gone(f"tr[data-chain='{two['chain_id']}']")
    b.see(f"tr[data-chain='{one['chain_id']}']")
    need("host=" + host in b.where(), b.where())
    b.open(b.where())
    b.see(f"tr[data-chain='{one['chain_id']}']")
    need(b.see("[name=host]").get_attribute("value") == host and len(b.all("tr[data-chain]")) == 1, "the filter is lost")
    b.type("[name=min_score]", "many")
    b.see(".fault", "min_score")


def what_is_suppressed_is_marked_filtered_and_last_in_the_queue(l, b):
    c = l.tenant()
    _, one = incident(c, 1, "s1")
    _, two = incident(c, 2, "s2")
    name = "<b>build</b> host"
    l.tool("suppress", "add", "--name", name, "--reason", "compiles all night", "--host", one["nodes"][0]["host"], "--confirm", "--tenant", c.name)
    b.remember(c.key).open("/#/chains")
    b.see(f"tr[data-chain='{one['chain_id']}'] .suppressed", name)
    need(len(b.all(".suppressed")) == 1, "the other one is marked")
    b.js("const s = document.querySelector('[name=suppressed]'); s.value = 'false'; s.dispatchEvent(new Event('input', { bubbles: true }))")
    b.gone(f"tr[data-chain='{one['chain_id']}']")
    b.see(f"tr[data-chain='{two['chain_id']}']")
    need("suppressed=false" in b.where(), b.where())
    need(not b.axe(), b.axe())
    b.open(f"/#/chain/{one['chain_id']}")
    b.see(".facts", "compiles all night")
    b.open("/#/triage")
    b.see("li.alert .suppressed", name)
    marked = [bool(x.find_elements("css selector", ".suppressed")) for x in b.all("li.alert")]
    need(marked == sorted(marked) and True in marked and False in marked, "not last", marked)


def the_queue_stands_in_triage_s_order_with_its_factors(l, b):
    c = l.tenant()
    incident(c, 3, "q")
    incident(c, 4, "q")
    b.remember(c.key).open("/#/triage?repeats=1")
    b.see(".alert")
    shown = [e.get_attribute("data-alert") for e in b.all(".alert")]
    a = c.post("/ai/triage", {"alerts": [{"alert_id": i, "event_id": i} for i in sorted(shown)]}).want(200).json()
    rank = {x["alert_id"]: x["rank"] for x in a["alerts"]}
    need(len(shown) > 2 and [rank[i] for i in shown] == sorted(rank.values()), "another order", shown, a["order"])
    b.click(".alert summary")
    for f in next(x for x in a["alerts"] if x["alert_id"] == shown[0])["factors"]:
        b.see(".alert:first-child .factors tr", f["name"])
    b.see("#lamp.on")
    incident(c, 18, "q")
    b.click(".news button", "Weigh again")
    need(until(lambda: len(b.all(".alert")) > len(shown), 10), "still", len(b.all(".alert")))


def whatever_is_pasted_leads_back_to_the_root(l, b):
    c = l.tenant()
    chain = sample(c)
    nodes = {n["event_id"]: n for n in chain["nodes"]}
    last = chain["nodes"][-1]
    b.remember(c.key).open("/")
    b.type("#paste", last["event_id"])
    b.press(Keys.ENTER)
    b.see(".answer h2", "hops are proven")
    weak = [e for e in chain["edges"] if e["grade"] != "PROVABLE"]
    hop = b.see(".hops .weak")
    need(hop.get_attribute("data-hop") in {f"{e['from']}->{e['to']}" for e in weak}, "that hop is proven")
    b.see(".gap .need", "lease")
    way = [h.get_attribute("data-hop").split("->") for h in b.all("[data-hop]")]
    need(way[0][1] == last["event_id"] and way[-1][0] == chain["root_cause"], "not from end to end", way)
    need(all(x[0] == y[1] for x, y in zip(way, way[1:])), "hops that do not meet", way)
    for text in (nodes[chain["root_cause"]]["host"], "HALDEN\\adm.sund"):
        b.type("#paste", text)
        b.press(Keys.ENTER)
        b.see(".found .names", text)
        b.see(".found .answer h2", "hops")
    ids, _ = incident(c, 5, "own-id")
    b.type("#paste", "own-id/5/4")                      # as the sender's own system names it
    b.press(Keys.ENTER)
    need(until(lambda: any(h.get_attribute("data-hop").endswith(ids[4]) for h in b.all("[data-hop]")), 10), b.words()[:600])
    b.type("#paste", "berth.exe")                       # a word in a record
    b.press(Keys.ENTER)
    b.see(".found a", "trace back")
    b.type("#paste", "nobody-has-this-name")
    b.press(Keys.ENTER)
    b.see(".answer h2", "Nothing here is called")


def what_could_not_be_read_is_read_when_the_server_is_back(l, b):
    c = l.tenant()
    _, chain = incident(c, 14, "away")
    b.remember(c.key).open("/#/chains")
    b.see("#lamp.on")
    check = b.stays()
    l.stop()
    b.see("#lamp.off", "not live")
    for screen in ("coverage", "chains"):
        b.js("location.hash = arguments[0]", "#/" + screen)
        b.see(".fault", "the server cannot be reached")
    l.start()
    b.see("#lamp.on", seconds=60)
    b.see(f"tr[data-chain='{chain['chain_id']}']")
    need(not b.all(".fault"), "the fault is still there")
    incident(c, 15, "away")                              # and it is live again
    need(until(lambda: len(b.all("tr[data-chain]")) == 2, 10), "the stream is lost")
    check()
    b.read_logs()
    b.faults = [f for f in b.faults if "net::ERR_" not in f]    # that it was away


def an_empty_tenant_says_where_to_go_on(l, b):
    c = l.tenant()
    b.remember(c.key)
    for screen, word in (("find", "No chain yet"), ("chains", "No chain yet"), ("triage", "the queue is empty"), ("coverage", "No event has arrived")):
        b.open("/#/" + screen)
        b.see(".empty", word)
    b.open("/#/chains?host=nowhere")
    b.see(".empty", "No chain fits these filters")
    b.open("/#/chain/ch-" + "a" * 26)
    b.see(".fault", "no such chain")


def a_tab_that_nobody_sees_holds_no_stream(l, b):
    """A browser has six connections to a server: with a stream in each, the seventh tab would stand still."""
    c = l.tenant()
    _, chain = incident(c, 13, "tabs")
    open_chain(b, c, chain)
    for _ in range(8):
        b.driver.switch_to.new_window("tab")
        open_chain(b, c, chain)


browser.main(a_key_logs_in_for_this_tab_alone, an_account_signs_in_and_its_decisions_bear_its_name, an_operator_chooses_the_tenant_and_links_say_it,
             a_revoked_key_leads_back_to_the_log_in,
             the_list_follows_the_stream_without_reload, filters_are_in_the_url_and_outlive_a_reload,
             what_is_suppressed_is_marked_filtered_and_last_in_the_queue, the_queue_stands_in_triage_s_order_with_its_factors, whatever_is_pasted_leads_back_to_the_root,
             what_could_not_be_read_is_read_when_the_server_is_back, an_empty_tenant_says_where_to_go_on, a_tab_that_nobody_sees_holds_no_stream)
