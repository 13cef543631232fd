#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A chain in other people's formats: sound by their rules, the same bytes each time, and whatever stands in a
record stays text. Names that are hostile in one format or another are put into the records of a real incident."""
import html.parser, json, os, re, shutil, subprocess, tempfile, uuid
import xml.etree.ElementTree as xml

import lab
from lab import need

FORMATS = "stix attack-flow navigator ocsf dot graphml md html".split()
HOSTILE = [
    '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'; DROP TABLE x; --", '</title></style><svg/onload=a>',
    'a\u202egpj.exe', '\u2066\u200b\ufeffhidden\u2069', 'x\x01\x07\x1b[31m\x7f\x85\x9b', 'two\nlines\r\n\tand \\n "quotes" \\',
    ']]><!--&amp;&#60;', '[link](javascript:alert(1)) ![p](http://x.example/p) | cell | `code` # head', '{"type":"bundle"}\\u0000',
    '${jndi:x} {{7*7}} %s%n =1+1', '\u2028\u2029 line ends', '" shape=none label="<<table>>" ]; evil -> node; "', '\U000e0041\ufff9\u00ad',
    'n' * 10000]


def incident(c, n):
    """An incident whose command lines are hostile; -> its chain."""
    events = lab.break_in(n, "hostile")
    names = iter(HOSTILE)
    for e in events:
        e["raw"]["CommandLine"] = e["raw"].get("CommandLine", "") + " ".join(next(names) for _ in range(3))
        if "User" in e["raw"]:
            e["raw"]["User"] += "<b onclick='x'>\u202e\"|"
        e["raw"]["Hostname"] += '<i>&"\u202e|]'
    events[0]["raw"]["CommandLine"] += HOSTILE[-1]
    ids = c.send(events)
    return next(x for x in c.chains() if ids[4] in {y["event_id"] for y in x["nodes"]})


def chain(l):
    if not hasattr(l, "exported"):
        c = l.tenant("exporter")
        l.exported = c, incident(c, 1)
    return l.exported


def take(l, form):
    c, x = chain(l)
    return c.get(f"/chains/{x['chain_id']}?format={form}").want(200)


# ------------------------------------------------------------------- all of them

def every_format_is_the_same_each_time_everywhere(l):
    """Asked again, under the other base, by version, and by the tool: the same bytes."""
    c, x = chain(l)
    folder = tempfile.mkdtemp(prefix="tra-ce-export-")
    for form in FORMATS:
        first = take(l, form).body
        need(take(l, form).body == first, form, "differs when asked again")
        need(c.on("/v1").get(f"/chains/{x['chain_id']}?format={form}").want(200).body == first, form)
        again = c.get(f"/chains/{x['chain_id']}?format={form}&version={x['version']}").want(200).body
        need(again == first, form, "differs by version")
        files = l.tool("export", x["chain_id"], "--format", form, "--out", folder, "--tenant", "exporter")["files"]
        with open(files[0], "rb") as f:
            need(f.read() == first, form, "the tool writes something else")
    shutil.rmtree(folder)
    c.get(f"/chains/{x['chain_id']}?format=docx").problem(422)
    c.get(f"/chains/{x['chain_id']}?format=stix&version=99").problem(404)


def it_is_sent_as_what_it_is(l):
    kinds = {"stix": "application/stix+json;version=2.1", "dot": "text/vnd.graphviz; charset=utf-8",
             "html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8", "ocsf": "application/json"}
    for form in FORMATS:
        h = take(l, form).headers
        need(h["content-type"] == kinds.get(form, h["content-type"]), form, h)
        need(h["x-content-type-options"] == "nosniff" and "sandbox" in h["content-security-policy"], form, h)
        need(re.fullmatch(r'inline; filename="ch-[a-z2-7]{26}\.[a-z.]+"', h["content-disposition"]), h)


def nobody_else_gets_it(l):
    c, x = chain(l)
    other = l.tenant()
    for form in FORMATS:
        other.get(f"/chains/{x['chain_id']}?format={form}").problem(404)
        l.key(c, "ingest").get(f"/chains/{x['chain_id']}?format={form}").problem(403)


def later_versions_keep_what_earlier_ones_were(l):
    """A chain grows: the old version is exported as it was, and no id changes its meaning."""
    c = l.tenant()
    events = lab.break_in(77, "grows")
    c.send(events[1:])
    old = c.chains()[0]
    path = f"/chains/{old['chain_id']}?format=stix"
    was = c.get(path).want(200).body
    c.send(events[:1])
    new = c.chains()[0]
    need(new["version"] > old["version"], new["version"])
    now = c.get(path + "&version=%d" % old["version"]).want(200)
    before, after = json.loads(was), c.get(f"/chains/{new['chain_id']}?format=stix").json()
    if new["chain_id"] == old["chain_id"]:
        need(now.body == was, "version", old["version"], "is exported in other bytes")
    by_id = {o["id"]: o for o in after["objects"]}
    for o in before["objects"]:
        if o["id"] in by_id and "created" in o:
            need(by_id[o["id"]]["created"] == o["created"] and by_id[o["id"]]["modified"] >= o["modified"], o["id"])


# ------------------------------------------------------------------- STIX, flow

SPACE = uuid.UUID("00abedb4-aa42-466c-9c23-fed23077e7aa")
MAKES_ID = {"file": ("hashes", "name", "parent_directory_ref"), "directory": ("path",), "user-account": ("account_login",),
            "ipv4-addr": ("value",), "ipv6-addr": ("value",), "domain-name": ("value",), "url": ("value",),
            "windows-registry-key": ("key",)}
OBSERVED = set(MAKES_ID) | {"process"}


def no_empty(value, where):
    need(value not in ([], {}, ""), where, "is empty")
    for k, v in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        no_empty(v, f"{where}/{k}")


def references(value):
    for k, v in value.items() if isinstance(value, dict) else ():
        if k.endswith("_ref"):
            yield v
        elif k.endswith("_refs"):
            yield from v
        else:
            yield from references(v)
    for v in value if isinstance(value, list) else ():
        yield from references(v)


def bundle_is_sound(d):
    """What the standard asks of any bundle (STIX 2.1, sections 2, 3 and 6)."""
    need(set(d) == {"type", "id", "objects"} and d["type"] == "bundle", sorted(d))
    ids = [o["id"] for o in d["objects"]]
    need(len(ids) == len(set(ids)), "an object twice")
    for o in d["objects"]:
        kind, _, number = o["id"].partition("--")
        need(kind == o["type"] and o["spec_version"] == "2.1", o["id"])
        need(uuid.UUID(number).version == (4 if kind == "process" else 5) or o["id"].startswith(("identity--d673f8cb", "extension-definition--fb9c968a")), o["id"])
        no_empty(o, o["id"])
        for r in references(o):
            need(r in ids, o["id"], "points at nothing:", r)
        for e in o.get("extensions", {}):
            need(e in ids, o["id"], "uses an extension that is not defined")
        if kind in OBSERVED:
            need("created" not in o, o["id"])
        else:
            need(re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", o["created"]) and o["created"] <= o["modified"], o["id"])
        if kind in MAKES_ID:
            made = {k: o[k] for k in MAKES_ID[kind] if k in o}
            text = json.dumps(made, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
            need(number == str(uuid.uuid5(SPACE, text)), o["id"], "is not the id that the standard makes of", text[:200])


def stix_carries_the_whole_chain(l):
    d = take(l, "stix").json()
    x = chain(l)[1]
    bundle_is_sound(d)
    kinds = {}
    for o in d["objects"]:
        kinds.setdefault(o["type"], []).append(o)
    own = next(o["id"] for o in kinds["extension-definition"])
    said = lambda o: o["extensions"][own]
    need({said(o)["event_id"] for o in kinds["observed-data"]} == {n["event_id"] for n in x["nodes"]}, "events")
    at = {o["id"]: said(o)["event_id"] for o in kinds["observed-data"]}
    links = {(at[o["source_ref"]], at[o["target_ref"]], said(o)["rule"]): o for o in kinds["relationship"]}
    need(set(links) == {(e["from"], e["to"], e["rule"]) for e in x["edges"]}, "links")
    for e in x["edges"]:
        o = links[e["from"], e["to"], e["rule"]]
        need(said(o)["grade"] == e["grade"] and said(o)["evidence"] == e["evidence"], "grade or evidence of", o["id"])
        need(o["confidence"] == round(100 * e["confidence"]) and o["description"] == e["because"], o["id"])
    for o in kinds["observed-data"]:
        need(o["number_observed"] >= 1 and o["first_observed"] <= o["last_observed"] and o["object_refs"], o["id"])
    found = {r["external_id"] for o in kinds["attack-pattern"] for r in o["external_references"]}
    need(found == set(x["mitre_techniques"]), found)
    grouping, = kinds["grouping"]
    need(grouping["context"] == "suspicious-activity" and said(grouping)["grade"] == x["confidence"], grouping)
    targets = {said(o)["event_id"]: said(o).get("target") for o in kinds["observed-data"]}
    for n in x["nodes"]:                        # data stays what it was, to the last character
        need(targets[n["event_id"]] == n["target"], "the target of", n["event_id"], "is changed")


def attack_flow_is_the_same_graph(l):
    d = take(l, "attack-flow").json()
    x = chain(l)[1]
    bundle_is_sound(d)
    word = "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4"
    flow, = (o for o in d["objects"] if o["type"] == "attack-flow")
    need(flow["scope"] == "incident" and all(r.startswith("attack-action--") for r in flow["start_refs"]), flow)
    actions = {o["id"]: o for o in d["objects"] if o["type"] == "attack-action"}
    own = next(k for a in actions.values() for k in a["extensions"] if k != word)
    event = {i: a["extensions"][own]["event_id"] for i, a in actions.items()}
    for a in actions.values():
        need(a["extensions"][word] == {"extension_type": "new-sdo"} and a["name"] and len(a["name"]) < 500, a["id"])
    need({(event[i], event[r]) for i, a in actions.items() for r in a.get("effect_refs", [])}
         == {(e["from"], e["to"]) for e in x["edges"]}, "effects are not the links")
    need({(event[c["action_ref"]], event[i], c["grade"]) for i, a in actions.items() for c in a["extensions"][own].get("causes", [])}
         == {(e["from"], e["to"], e["grade"]) for e in x["edges"]}, "grades")
    ends = {e["to"] for e in x["edges"]}
    need({event[r] for r in flow["start_refs"]} == {n["event_id"] for n in x["nodes"]} - ends, "starts")


# --------------------------------------------------------------- Navigator, OCSF

def navigator_layer_has_every_technique(l):
    d = take(l, "navigator").json()
    x = chain(l)[1]
    need(d["versions"]["layer"] == "4.5" and d["versions"]["attack"].isdigit() and d["domain"] == "enterprise-attack", d["versions"])
    need([t["techniqueID"] for t in d["techniques"]] == sorted(x["mitre_techniques"]), d["techniques"])
    need(all(0 <= t["score"] <= 100 and t["comment"] for t in d["techniques"]), d["techniques"])
    need(not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", "".join(t["comment"] for t in d["techniques"])), "comments are not plain")


def ocsf_is_an_incident_finding(l):
    d = take(l, "ocsf").json()
    x = chain(l)[1]
    need((d["category_uid"], d["class_uid"], d["type_uid"]) == (2, 2005, 200500 + d["activity_id"]), d["type_uid"])
    need(d["metadata"]["profiles"] == ["incident"] and ("assignee" in d) != ("assignee_group" in d), d["metadata"])
    finding, = d["finding_info_list"]
    graph = finding["attack_graph"]
    need({n["uid"] for n in graph["nodes"]} == {n["event_id"] for n in x["nodes"]}, "nodes")
    need([(e["source"], e["target"], e["name"], e["data"]["grade"]) for e in graph["edges"]]
         == [(e["from"], e["to"], e["rule"], e["grade"]) for e in x["edges"]], "edges")
    c = chain(l)[0]
    need(d["time"] <= finding["modified_time"] and d["status_id"] == 1 and d["verdict_id"] == 0, d["time"])
    path = f"/chains/{x['chain_id']}"
    c.request("PATCH", path, {"status": "closed", "assignee": "kim", "ticket": "T-7"}).want(200)
    c.post(path + "/disposition", {"disposition": "true_positive"}).want(200)
    d = take(l, "ocsf").json()
    need((d["activity_id"], d["status_id"], d["verdict_id"], d["assignee"], d["tickets"]) ==
         (3, 5, 2, {"name": "kim"}, [{"uid": "T-7"}]), {k: d[k] for k in ("activity_id", "status_id", "verdict_id")})


# ------------------------------------------------------------------------- graphs

def graphviz_reads_the_dot(l):
    x = chain(l)[1]
    r = subprocess.run(["dot", "-Tjson"], input=take(l, "dot").body, capture_output=True, timeout=60)
    need(r.returncode == 0 and not r.stderr, r.stderr)
    d = json.loads(r.stdout)
    nodes = [o for o in d["objects"] if "nodes" not in o]
    need({o["name"] for o in nodes} == {n["event_id"] for n in x["nodes"]}, "nodes:", [o["name"] for o in nodes])
    name = {o["_gvid"]: o["name"] for o in nodes}
    need(sorted((name[e["tail"]], name[e["head"]]) for e in d["edges"]) == sorted((e["from"], e["to"]) for e in x["edges"]), "edges")
    need(all(o["shape"] in ("box", "octagon") for o in nodes), "a name has changed the look of its node")
    svg = subprocess.run(["dot", "-Tsvg"], input=take(l, "dot").body, capture_output=True, timeout=60)
    tags = {e.tag.rpartition("}")[2] for e in xml.fromstring(svg.stdout).iter()}
    need(tags <= {"svg", "g", "title", "polygon", "path", "text", "a", "polyline", "ellipse"}, "a name became an element:", tags)


def graphml_is_typed(l):
    x = chain(l)[1]
    space = "{http://graphml.graphdrawing.org/xmlns}"
    root = xml.fromstring(take(l, "graphml").body)
    need(root.tag == space + "graphml", root.tag)
    keys = {k.get("id"): k for k in root.findall(space + "key")}
    graph, = root.findall(space + "graph")
    told = lambda e: {keys[d.get("key")].get("attr.name"): d.text for d in e.findall(space + "data")}
    need([n.get("id") for n in graph.findall(space + "node")] == [n["event_id"] for n in x["nodes"]], "nodes")
    edges = graph.findall(space + "edge")
    need([(e.get("source"), e.get("target"), told(e)["rule"]) for e in edges]
         == [(e["from"], e["to"], e["rule"]) for e in x["edges"]], "edges")
    need([json.loads(told(e)["evidence"])["evidence"] for e in edges] == [e["evidence"] for e in x["edges"]], "evidence")
    for e in root.iter(space + "data"):
        key = keys[e.get("key")]
        if key.get("attr.type") in ("long", "double"):
            float(e.text)
    text = "".join(root.itertext())
    need("<script>alert(1)</script>" in text and "<U+202E>gpj.exe" in text, "text is changed or hidden")
    need(not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff]", text), "an unseen character is left")


# -------------------------------------------------------------------- for people

class Page(html.parser.HTMLParser):
    """Only what a report needs, all of it closed; -> its text."""
    TAGS = set("html head meta title style body header footer h1 h2 h3 p b a span br ul ol li dl dt dd div small code bdi "
               "table thead tbody tr th td svg path line circle text".split())
    VOID = {"meta", "br"}
    NAMES = {"class", "href", "id", "lang", "charset", "http-equiv", "content", "name", "role", "aria-label", "aria-hidden",
             "viewbox", "width", "height", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.said, self.ids, self.links = [], [], set(), set()

    def handle_starttag(self, tag, attrs):
        need(tag in self.TAGS, "an element that a report has no use for:", tag, self.getpos())
        for k, v in attrs:
            need(k in self.NAMES, "an attribute that is not ours:", k, self.getpos())
            need(k != "href" or re.fullmatch(r"#e\d+", v), "a link that leads out:", v)
            if k == "href":
                self.links.add(v[1:])
            if k == "id":
                need(v not in self.ids, "twice", v)
                self.ids.add(v)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        need(self.open and self.open.pop() == tag, "not closed in order:", tag, self.getpos())

    def handle_data(self, data):
        if "style" not in self.open:
            self.said.append(data)

    def handle_comment(self, data):
        need(False, "a comment:", data[:80])

    handle_pi = unknown_decl = handle_comment


def report_runs_and_fetches_nothing(l):
    body = take(l, "html").body.decode("utf-8")
    page = Page()
    page.feed(body)
    page.close()
    need(not page.open and page.links <= page.ids, "open:", page.open)
    need("default-src 'none'" in body and "<script" not in body and "@import" not in body and "url(" not in body, "policy")
    text = "".join(page.said)
    need("<script>alert(1)</script>" in text and "<U+202E>gpj.exe" in text, "text is changed or hidden")
    longest = max((n["target"] or "" for n in chain(l)[1]["nodes"]), key=len)
    need(len(longest) > 900 and "n" * 900 in text, "the long name is not there:", len(longest))
    need(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", body), "a control character is left")
    for heading in ("In short", "What to do, in this order", "Timeline", "Every link and what proves it"):
        need(heading in text, heading)
    for n in chain(l)[1]["edges"]:
        need(n["rule"] in text and all(e["raw_sha256"] in text for e in n["evidence"]), "no evidence of", n["rule"])


def report_is_styled_under_its_own_policy(l):
    """The policy inside names the very style sheet, so that a browser takes it and no other."""
    import base64, hashlib
    body = take(l, "html").body.decode("utf-8")
    style = re.search("<style>(.*?)</style>", body, re.S)[1]
    want = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    need(f"style-src 'sha256-{want}'" in body, "the policy forbids the page's own style")
    need(" style=" not in body, "an inline style, which the policy forbids")


def markdown_holds_no_markup_of_records(l):
    body = take(l, "md").body.decode("utf-8")
    need(body.startswith("# ") and "\n## Timeline\n" in body and "\n## Recommended actions\n" in body, body[:200])
    need(not re.search(r"(?<!\\)<(?!br>)", body), "HTML is left:", re.search(r".{20}(?<!\\)<.{20}", body))
    need(not re.search(r"(?<!\\)\[[^\]\\]*\]\(", body) and "\\[link\\](javascript" in body, "a link is left")
    need(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", body), "a control character is left")
    table = [x for x in body.split("\n## Timeline\n")[1].split("\n## ")[0].splitlines() if x.startswith("| ")]
    need(len(table) == 1 + len(chain(l)[1]["nodes"]), "rows:", len(table))
    for row in table:
        need(len(re.findall(r"(?<!\\)\|", row)) == 8, "a cell has become two:", row[:200])


# ----------------------------------------------------------------------- the tool

def the_tool_writes_them_all(l):
    chain(l)
    folder = tempfile.mkdtemp(prefix="tra-ce-export-")
    a = l.tool("export", "--format", "ocsf", "--out", folder, "--tenant", "exporter")
    need(a["format"] == "ocsf" and len(a["files"]) == 1, a)
    need(os.stat(a["files"][0]).st_mode & 0o077 == 0o040, "readable by all")
    for words in (["--format", "docx", chain(l)[1]["chain_id"]], ["--format", "stix"], [chain(l)[1]["chain_id"]],
                  ["--format", "md", "ch-" + "a" * 26], ["--format", "md", chain(l)[1]["chain_id"], "--version", "77"]):
        r = subprocess.run([os.path.join(lab.BUILD, "tra-ce"), "--data", l.data, "export", "--tenant", "exporter", *words],
                           capture_output=True, text=True, timeout=30)
        need(r.returncode in (1, 2) and r.stderr and not r.stdout, words, r)
    shutil.rmtree(folder)


if __name__ == "__main__":
    lab.main(every_format_is_the_same_each_time_everywhere, it_is_sent_as_what_it_is, nobody_else_gets_it,
             later_versions_keep_what_earlier_ones_were, stix_carries_the_whole_chain, attack_flow_is_the_same_graph,
             navigator_layer_has_every_technique, ocsf_is_an_incident_finding, graphviz_reads_the_dot, graphml_is_typed,
             report_runs_and_fetches_nothing, report_is_styled_under_its_own_policy, markdown_holds_no_markup_of_records,
             the_tool_writes_them_all)
