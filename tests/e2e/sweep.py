#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every operation that openapi.json lists, asked for by everybody who must not:
nobody, ended keys and sessions, keys and sessions of too small a scope, those of
another tenant. 401, 403 or 404, never anything of the other's, nothing changed.
An operation that this file does not know how to ask for fails the test."""
import glob, json, os, re, time
import lab
from lab import Person, break_in, need, sign_in

CONSOLE = {"read", "analyze", "ai"}                     # what a session may do in a tenant
SCOPES = ("ingest", "read", "analyze", "ai", "admin", "assert", "operator")
ANYBODYS = {"/health", "/services/collector/health", "/services/collector/health/1.0", "/openapi.json", "/admin/session", "/admin/claim"}
MARK = "mine-and-nobody-elses"
RULE = f"title: {MARK}\nid: {MARK}\nlogsource: {{product: any}}\ndetection: {{a: {{action: {MARK}}}, condition: a}}\n"

# Bodies that would do something if they were let through.
BODIES = {
    "addEvents": {"events": [sign_in(99, actor="intruder@elsewhere.example")]}, "analyze": {}, "patchChain": {"status": "closed", "note": "intruded"},
    "disposeChain": {"disposition": "benign"}, "unlinkChain": {"from": "{from}", "to": "{to}"}, "triage": {"alerts": [{"alert_id": "x", "event_id": "{event_id}"}]},
    "investigate": {"chain_id": "{chain_id}"}, "inviteAdministrator": {"tenant": "{tenant}"}, "addTenant": {"name": "intruded"}, "setTenant": {"rate": 1},
    "addKey": {"name": "intruded", "scopes": ["read"]}, "rotateKey": {}, "setOwners": {"owners": "* intruder"}, "previewOwners": {"owners": "* x"},
    "addSuppression": {"name": "intruded", "reason": "x", "match": {"host": "everything*"}}, "previewSuppression": {"match": {"host": "yard*"}},
    "changeSuppression": {"enabled": False}, "changeRules": {"disable": ["{rule}"]}, "changePack": {"enabled": False},
    "addPack": {"name": "intruded", "files": [{"file": "intruded.yml", "yaml": RULE.replace(MARK, "intruded")}]},
    "addWebhook": {"url": "https://example.com/intruded", "events": ["chain.threshold"]}, "changeWebhook": {"min_score": 99}, "rotateWebhookSecret": {},
    "testWebhook": None, "redeliver": None, "otlpLogs": {"resourceLogs": []}, "splunkAck": {"acks": [1]},
    **{f"splunk{x}": {"event": "intruded"} for x in ("Collector", "Event", "Event1", "Raw", "Raw1")},
}


class Harbour:
    """Tenant `mine` with one of everything, all of it marked; and a stranger's tenant."""

    def __init__(self, l):
        self.l = l
        c = self.first = l.tenant("mine")
        ids = c.send(break_in(1, MARK) + [sign_in(1, actor=f"{MARK}@a.example", host=f"{MARK}.yard.example", id=MARK)])
        chain = c.chains(event_ids=ids)[0]
        edge = chain["edges"][0]
        admin = self.admin = l.key(c, *SCOPES[:-1])
        admin.request("PUT", "/admin/owners", {"owners": f"* {MARK}\n"}).want(200)
        key = admin.post("/admin/keys", {"name": MARK, "scopes": ["read"]}).want(201).json()["key_id"]
        hook = admin.post("/webhooks", {"url": f"https://example.com/{MARK}", "events": ["chain.threshold"]}).want(201).json()
        quiet = admin.post("/admin/suppressions", {"name": MARK, "reason": MARK, "match": {"host": f"nowhere.{MARK}.example"}}).want(201).json()
        admin.post("/admin/packs", {"name": MARK, "files": [{"file": f"{MARK}.yml", "yaml": RULE}]}).want(201)
        self.person = l.person(MARK, "mine")
        # the product's own ids: a chain's says nothing, but is nobody else's either
        entity = next(e for e in c.get(f"/events/{ids[-1]}").want(200).json()["entities"] if MARK in e["name"])
        self.values = {"event_id": ids[0], "chain_id": chain["chain_id"], "kind": entity["kind"], "key": entity["key"], "from": edge["from"],
                       "to": edge["to"], "key_id": key, "webhook_id": hook.get("id") or hook["webhook_id"], "tenant": "mine",
                       "suppression_id": quiet["suppression_id"], "rule": MARK}
        told = c.post("/ai/investigate", {"chain_id": chain["chain_id"]}).want(200).json()
        self.values["investigation_id"] = told["investigation_id"]
        self.values["delivery_id"] = self.delivery(self.values["webhook_id"])
        self.secrets = [MARK, chain["chain_id"], key, self.values["webhook_id"], told["investigation_id"], quiet["suppression_id"]] + ids
        other = self.stranger = l.tenant("theirs")
        other.send(break_in(2, "theirs"))
        self.stranger_key = l.key(other, *SCOPES[:-1])
        self.stranger_person = l.person("stranger", "theirs")
        self.operator = l.person("operator")

    def delivery(self, hook):
        """Nothing answers there; it is kept to be tried again."""
        self.admin.post(f"/webhooks/{hook}/test").want(200, 201, 202)
        found = lab.until(lambda: self.admin.get(f"/webhooks/{hook}/deliveries").want(200).json()["deliveries"], 10, 0.1)
        need(found, "no delivery")
        return found[0].get("id") or found[0]["delivery_id"]

    def calls(self):
        """(method, path, body, scopes) of each operation, on what is `mine`."""
        for path, item in lab.CONTRACT.doc["paths"].items():
            for method, op in item.items():
                words = re.search(r"Scope: ([^.]*)\.", op.get("description", ""))
                scopes = {w for w in re.findall(r"[a-z]+", words[1]) if w in SCOPES} if words else set()
                need(scopes or path in ANYBODYS or path == "/rate_limit", method, path, "does not say its scope")
                name = {"name": "mine" if "/tenants/" in path else MARK}
                values = dict(self.values, **name)
                unknown = set(re.findall(r"{(\w+)}", path)) - set(values)
                need(not unknown, path, "this test has no", unknown)
                if method != "get":
                    need(op["operationId"] in BODIES or method == "delete" or path in ANYBODYS, "no body for", op["operationId"])
                body = BODIES.get(op["operationId"])
                fill = lambda text: re.sub(r"{(\w+)}", lambda m: values[m[1]], text)
                yield (method.upper(), fill(path) + ("?q=" + MARK if path == "/causal/entities" else ""),
                       json.loads(fill(json.dumps(body))) if body is not None else None, scopes, "{" in path)

    def state(self):
        """What a change would show in."""
        op = self.operator
        lists = [op.get(p).want(200).json() for p in ("/admin/tenants", "/admin/keys?tenant=mine", "/admin/owners?tenant=mine", "/admin/administrators",
                                                   "/admin/suppressions?tenant=mine", "/admin/rules?tenant=mine", "/admin/packs?tenant=mine")]
        for d in lists[5:]:
            del d["rebuild_needed"]                 # the events are from before the pack
        for t in lists[0]["tenants"]:
            del t["storage_bytes"]
        for k in lists[1]["keys"]:
            del k["last_used_at"]
        chain = self.first.get(f"/chains/{self.values['chain_id']}").want(200).json()
        hook = self.admin.get(f"/webhooks/{self.values['webhook_id']}").want(200).json()
        lists.append({k: chain[k] for k in ("version", "status", "assignee", "disposition") if k in chain})
        lists.append({k: v for k, v in hook.items() if k in ("url", "min_score", "events")})
        lists.append(self.first.get("/events").want(200).json()["events"])
        lists.append(self.admin.get("/webhooks").want(200).json()["webhooks"].__len__())
        return json.dumps(lists, sort_keys=True)


def ask(c, method, path, body):
    if path.startswith("/causal/live"):
        s = lab.Stream(c.lab.port, "/api/v1", c.key, cookie=getattr(c, "cookie", None), tenant=getattr(c, "tenant", None))
        s.wait(lambda: s.status, 10)
        s.close()
        return lab.Answer(method, path, s.status, s.headers, b"")
    return c.request(method, path, body)


def sweep(h, c, verdict):
    """Ask for everything as c; verdict(scopes, named, path) -> the statuses that are right."""
    wrong = []
    for method, path, body, scopes, named in h.calls():
        right = verdict(scopes, named, path)
        if right is None:
            continue
        a = ask(c, method, path, body)
        if right == (401,) and path.startswith("/services/"):       # a wrong token is 403 there
            right = (401, 403)
        if a.status not in right:
            wrong.append(f"{method} {path}: {a.status}, not {right}")
        leaks = [s for s in h.secrets if s.encode() in a.body and s not in path]
        if leaks and (a.status != 200 or c.key != h.first.key):
            wrong.append(f"{method} {path}: shows {leaks[0]}: {a.body[:200]}")
    need(not wrong, "\n".join(wrong))


def set_up(l):
    l.harbour = Harbour(l)
    l.before = l.harbour.state()


def routes():
    """(method, path) of each line of the responders' own tables."""
    for at in glob.glob(os.path.join(lab.ROOT, "fcgi", "**", "*.c"), recursive=True):
        with open(at, encoding="utf-8") as f:
            text = f.read()
        words = dict(re.findall(r'#define (\w+) "([^"]*)"', text), SPLUNK_BASE="/services/collector")
        for method, path in re.findall(r'{\s*METHOD_(\w+),\s*((?:"[^"]*"|\w+|\s)+),', text):
            yield method, "".join(literal or words[name] for literal, name in re.findall(r'"([^"]*)"|(\w+)', path))


def every_route_of_the_code_is_swept(l):
    plain = lambda path: re.sub(r"{\w+}", "{}", path)
    told = {(m.upper(), plain(p)) for p, item in lab.CONTRACT.doc["paths"].items() for m in item}
    have = {(m, plain(p)) for m, p in routes()}
    need(len(have) > 60, "the tables are not found any more", have)
    need(have == told, "only in the code:", have - told, "only in openapi.json:", told - have)


def nobody_gets_anything(l):
    for key, cookie in ((None, None), ("tra_AAAAAAAA_" + "x" * 38, None), (None, "tra_ce_session=" + "x" * 43)):
        c = Person(l, "nobody")
        c.key, c.cookie = key, cookie
        sweep(l.harbour, c, lambda scopes, named, path: None if path in ANYBODYS else (401,))


def an_ended_key_or_session_gets_nothing(l):
    h = l.harbour
    revoked = l.key(h.first, *SCOPES)
    l.tool("key", "revoke", revoked.key_id)
    expired = l.key(h.first, *SCOPES, expires="1s")
    revoked.source, expired.source = "127.0.99.1", "127.0.98.1"
    time.sleep(1.1)
    ended = l.person("ended", "mine")
    cookie = ended.cookie
    ended.request("DELETE", "/admin/session").want(204)
    ended.cookie = cookie
    for c in (revoked, expired, ended):
        sweep(h, c, lambda scopes, named, path: None if path in ANYBODYS else (401,))
    l.tool("admin", "remove", "ended")


def a_key_of_too_small_a_scope_gets_403(l):
    """Of the tenant itself, with every scope but those that the operation takes."""
    h, keys = l.harbour, {}
    for method, path, body, scopes, named in h.calls():
        if not scopes:
            continue
        less = tuple(s for s in SCOPES if s not in scopes)
        keys[less] = keys.get(less) or l.key(h.first, *less)
        a = ask(keys[less], method, path, body)
        need(a.status == 403, method, path, "with", less, "answers", a.status)
        need(not any(s.encode() in a.body for s in h.secrets if s not in path), method, path, "shows something", a.body[:200])


def another_tenants_key_finds_nothing_of_it(l):
    """With all scopes of its own tenant: named things are 404, what only operators do 403, lists are its own."""
    h = l.harbour

    def verdict(scopes, named, path):
        if path in ANYBODYS:
            return None
        if scopes == {"operator"}:
            return (403,)
        return (404,) if named else None
    sweep(h, h.stranger_key, verdict)
    h.stranger_key.post("/admin/administrators", {"tenant": "mine"}).problem(404)
    h.stranger_key.post("/admin/administrators", {"name": MARK}).problem(404)
    for path in ("keys", "usage", "owners", "rules", "packs", "audit", "suppressions"):
        h.stranger_key.get(f"/admin/{path}?tenant=mine").problem(404)
    h.stranger_key.post("/admin/keys?tenant=mine", {"name": "intruded", "scopes": ["read"]}).problem(404)
    h.stranger_key.request("PUT", "/admin/owners?tenant=mine", {"owners": "* x"}).problem(404)
    h.stranger_key.post("/admin/owners/preview?tenant=mine", {"owners": "* x"}).problem(404)
    h.stranger_key.post("/admin/suppressions?tenant=mine", BODIES["addSuppression"]).problem(404)
    h.stranger_key.post("/admin/suppressions/preview?tenant=mine", BODIES["previewSuppression"]).problem(404)
    for method, body in (("GET", None), ("PATCH", {"enabled": False}), ("DELETE", None)):
        h.stranger_key.request(method, f"/admin/suppressions/{h.values['suppression_id']}?tenant=mine", body).problem(404)
        h.stranger_key.request(method, f"/admin/packs/{MARK}?tenant=mine", body).problem(404)
    h.stranger_key.request("PATCH", "/admin/rules?tenant=mine", {"disable": [MARK]}).problem(404)
    h.stranger_key.post("/admin/packs?tenant=mine", BODIES["addPack"]).problem(404)


def another_tenants_lists_hold_nothing_of_it(l):
    h = l.harbour
    for method, path, body, scopes, named in h.calls():
        if method != "GET" or named or path in ANYBODYS or path == "/causal/live":
            continue
        for c in (h.stranger_key, h.stranger_person):
            a = c.get(path)
            need(a.status in (200, 401, 403), path, a.status)
            need(not any(s.encode() in a.body for s in h.secrets), path, "shows something", a.body[:300])


def ids_of_another_tenant_in_filters_and_bodies_name_nothing(l):
    """Where a path cannot say it: parameters, members of bodies, one's own webhook with another's delivery."""
    h = l.harbour
    c, v = h.stranger_key, h.values
    own = c.chains()[0]
    for path in (f"/chains?event_id={v['event_id']}", f"/chains?entity={v['key']}", f"/events?entity={v['key']}", f"/events?native_id={MARK}",
                 f"/events?q={MARK}", f"/causal/edges?entity={v['key']}", f"/causal/entities?q={MARK}", f"/investigations?chain_id={v['chain_id']}"):
        a = c.get(path).want(200, 404, 422)
        found = [x for value in (a.json().values() if a.status == 200 and a.body[:1] == b"{" and b"\n{" not in a.body else []) if isinstance(value, list) for x in value]
        need(not found and not any(s.encode() in a.body for s in h.secrets if s not in path), path, a.body[:300])
    c.post("/ai/investigate", {"chain_id": v["chain_id"]}).problem(404)
    for member in ("event_id", "chain_id"):
        told = c.post("/ai/triage", {"alerts": [{"alert_id": "x", member: v[member]}]}).want(200).json()["alerts"][0]
        nobody = c.post("/ai/triage", {"alerts": [{"alert_id": "x", member: v[member][:-4] + "aaaa"}]}).want(200).json()["alerts"][0]
        need({k: told[k] for k in told if k != member} == {k: nobody[k] for k in nobody if k != member}, "another's is not like nobody's", told, nobody)
    c.post(f"/chains/{own['chain_id']}/unlink", {"from": v["from"], "to": v["to"]}).problem(404, 422)
    mine = c.post("/webhooks", {"url": "https://example.com/theirs", "events": ["chain.threshold"]}).want(201).json()
    mine = mine.get("id") or mine["webhook_id"]
    c.get(f"/webhooks/{mine}/deliveries/{v['delivery_id']}").problem(404)
    c.post(f"/webhooks/{mine}/deliveries/{v['delivery_id']}/redeliver").problem(404)
    a = c.get(f"/webhooks/{mine}/deliveries?cursor=999999").want(200).json()
    need(not a["deliveries"], "deliveries of another", a)


def an_idempotency_key_is_its_tenants_own(l):
    h = l.harbour
    body, key = {"name": "twice", "scopes": ["read"]}, {"Idempotency-Key": "the-same-word"}
    first = h.admin.request("POST", "/admin/keys", body, key).want(201).json()
    other = h.stranger_key.request("POST", "/admin/keys", body, key).want(201).json()
    need(other["tenant"] == "theirs" and other["key_id"] != first["key_id"] and other.get("key"), "was answered with another's key", other)
    h.admin.request("DELETE", f"/admin/keys/{first['key_id']}").want(204)


def another_tenants_administrator_finds_nothing_of_it(l):
    h = l.harbour

    def verdict(scopes, named, path):
        if path in ANYBODYS or path == "/rate_limit":
            return None
        if scopes <= {"ingest", "assert"}:
            return (401,)                           # a session sends no events
        if scopes == {"operator"}:
            return (403,)
        return (404,) if named else None
    sweep(h, h.stranger_person, verdict)
    for path in ("keys", "usage", "owners", "rules", "packs", "audit", "suppressions"):
        h.stranger_person.get(f"/admin/{path}?tenant=mine").problem(404)
    h.stranger_person.post("/admin/administrators", {"name": "operator"}).problem(404)
    h.stranger_person.request("DELETE", "/admin/administrators/operator").problem(404)


def in_another_tenant_a_session_gets_nothing(l):
    """Named as the tenant to look at, `mine` does not exist for another's administrator."""
    h = l.harbour
    h.stranger_person.tenant = "mine"
    sweep(h, h.stranger_person, lambda scopes, named, path: (404,) if scopes & CONSOLE and path != "/rate_limit" else None)
    h.stranger_person.tenant = None


def a_session_reads_and_judges_and_does_no_more(l):
    """In its own tenant: what read, analyze and ai may, administration, and nothing else."""
    h, seen = l.harbour, set()
    for c, tenant in ((h.person, None), (h.operator, "mine")):
        c.tenant = tenant
        for method, path, body, scopes, named in h.calls():
            if path in ANYBODYS or path == "/rate_limit" or not scopes or scopes & {"admin", "operator"}:
                continue
            a = c.get(path) if scopes & CONSOLE and method == "GET" and path != "/causal/live" else None
            if a is not None:
                seen.add(path)
                need(a.status == 200, path, "by", c.name, "is", a.status, a.body[:200])
            elif not scopes & CONSOLE:
                need(c.request(method, path, body).status in (401, 403), method, path, "is let through")
        c.tenant = None
    need(len(seen) >= 10, "only", seen)


def an_operator_says_which_tenant_and_that_is_written_down(l):
    h, op = l.harbour, l.harbour.operator
    sweep(h, op, lambda scopes, named, path: (422,) if scopes & CONSOLE else None)
    op.tenant = "no-such-tenant"
    sweep(h, op, lambda scopes, named, path: (404,) if scopes & CONSOLE else None)
    op.tenant = None
    lines = [x for x in op.get("/admin/audit?what=tenant.open").want(200).json()["lines"]]
    need(lines and all(x["who"] == "admin:operator" and x["tenant"] == "mine" for x in lines), lines)


def a_session_counts_from_our_own_pages_alone(l):
    h = l.harbour
    for c, tenant in ((h.person, None), (h.operator, "mine")):
        c.tenant = tenant
        for headers, status in (({"X-TRACE-Panel": None}, 403), ({"Sec-Fetch-Site": "same-site"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 401)):
            for method, path, body, scopes, named in h.calls():
                if scopes & CONSOLE and path != "/causal/live":
                    a = c.request(method, path, body, headers=headers)
                    need(a.status == status and not any(s.encode() in a.body for s in h.secrets if s not in path), method, path, headers, a.status)
        c.tenant = None


def what_a_person_says_of_a_chain_bears_his_name(l):
    h, at = l.harbour, f"/chains/{l.harbour.values['chain_id']}"
    h.person.request("PATCH", at, {"note": "seen"}).want(200)
    notes = h.first.get(at + "/history").want(200).json()["notes"]
    need([(n["who"], n["text"]) for n in notes if n["text"] == "seen"] == [(f"admin:{MARK}", "seen")], notes)


def a_session_s_stream_ends_with_the_session(l):
    p = l.person("streaming", "mine")
    s = lab.Stream(l.port, "/api/v1", None, cookie=p.cookie).opened()
    p.request("DELETE", "/admin/session").want(204)
    need(s.wait(lambda: s.ended, 5), "it goes on")
    s.close()
    l.tool("admin", "remove", "streaming")


def a_tenants_own_administrator_is_no_operator(l):
    h = l.harbour
    for c in (h.admin, h.person):
        for method, path, body, scopes, named in h.calls():
            if scopes == {"operator"}:
                c.request(method, path, body).problem(403)
    h.admin.post("/admin/keys", {"name": "more", "scopes": ["operator"]}).problem(403)
    op = l.key(h.first, "operator")
    h.admin.post(f"/admin/keys/{op.key_id}/rotate").problem(403)
    h.admin.request("DELETE", f"/admin/keys/{op.key_id}").problem(403)
    need(op.get("/admin/tenants").want(200), "an operator's key")
    l.tool("key", "revoke", op.key_id)


def nothing_was_changed_by_all_that(l):
    h = l.harbour
    after = json.loads(h.state())
    before = json.loads(l.before)
    # the keys that this file made itself
    made = {k["key_id"] for k in before[1]["keys"]}
    after[1]["keys"] = [k for k in after[1]["keys"] if k["key_id"] in made]
    for a, b in zip(before, after):
        need(a == b, "was", a, "is", b)
    need(not any("intruded" in json.dumps(x) for x in (json.loads(h.state()),)), "something was made")


if __name__ == "__main__":
    lab.main(set_up, every_route_of_the_code_is_swept, nobody_gets_anything, an_ended_key_or_session_gets_nothing, a_key_of_too_small_a_scope_gets_403,
             another_tenants_key_finds_nothing_of_it, another_tenants_lists_hold_nothing_of_it,
             ids_of_another_tenant_in_filters_and_bodies_name_nothing, an_idempotency_key_is_its_tenants_own,
             another_tenants_administrator_finds_nothing_of_it, in_another_tenant_a_session_gets_nothing,
             a_session_reads_and_judges_and_does_no_more, an_operator_says_which_tenant_and_that_is_written_down,
             a_session_counts_from_our_own_pages_alone, a_tenants_own_administrator_is_no_operator,
             nothing_was_changed_by_all_that, what_a_person_says_of_a_chain_bears_his_name,
             a_session_s_stream_ends_with_the_session)
