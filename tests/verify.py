#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An independent check of PROVABLE edges. Shares no code with the product:
everything here was written from the public promise alone.

    tests/verify.py FILE [--raw FILE] [--json]

FILE: a chain, {"chains":[...]} or edges one a line; raw records in its nodes
(raw, raw_base64) or as lines {"event_id","source","raw"} of --raw. For each
PROVABLE edge, from the bytes of the two records alone:

  1 both ends are cited, and no record is missing
  2 raw_sha256 is the digest of the record; the event id follows from it
  3 the value stands where the JSON Pointer (or the column's name) says
  4 the ends share one strong identifier of the kind that the rule asks for
  5 the cause is not later than the effect
Exit 1 if any does not hold."""
import base64, datetime, hashlib, json, re, sys

GUID = re.compile(r"^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$", re.I)
SHARED_LOGONS = {0, 0x3e4, 0x3e5, 0x3e7}        # every service has these
SOURCES = ("windows", "okta", "cloudtrail", "zeek", "suricata", "generic")


class No(Exception):
    """Why an edge does not follow."""


class Record:
    def __init__(self, raw, source="", outer=None):
        self.raw, self.source, self.outer = raw, source, json.loads(outer) if outer else {}
        self.columns = None
        try:
            self.tree = json.loads(raw)
        except ValueError:
            self.tree = None
            names = self.outer.get("columns", "").split("\t")[1:]
            self.columns = dict(zip(names, raw.decode("utf-8", "replace").rstrip("\r\n").split("\t")))
        if not isinstance(self.tree, dict):
            self.tree = None
        self.flat = {}
        for part in (self.tree, self.columns):
            self._flatten(part)

    def _flatten(self, root):
        """Every scalar by its own name; the shallowest one of a name counts."""
        level = [root]
        for v in level:                             # grows while we walk it: breadth first
            items = v.items() if isinstance(v, dict) else ((None, x) for x in v) if isinstance(v, list) else ()
            for k, x in items:
                if isinstance(x, (dict, list)):
                    level.append(x)
                elif k is not None:
                    self.flat.setdefault(k, text(x))

    def number(self):
        """The log's own number of the record: a handle's number comes back within a second."""
        for name in ("EventRecordID", "EventRecordId", "RecordNumber", "RecordID", "record_id", "recordID"):
            if self.flat.get(name, "").isdigit():
                return int(self.flat[name])
        return 0

    def at(self, pointer):
        if self.tree is None:
            return (self.columns or {}).get(pointer[1:])
        v = self.tree
        for part in pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(v, dict):
                v = v.get(part)
            elif isinstance(v, list) and part.isdigit():
                v = v[int(part)] if int(part) < len(v) else None
            else:
                return None
        return None if v is None or isinstance(v, (dict, list)) else text(v)

    def first(self, *names):
        return next((self.flat[n] for n in names if self.flat.get(n)), None)

    def host(self):
        named = self.tree.get("host") if self.tree else None
        return (self.first("Hostname", "Computer", "computer_name", "computer") or
                (named if isinstance(named, str) else "")).lower()

    def when(self):
        channel = (self.first("Channel", "channel", "log_name") or "").lower()
        names = ["published", "eventTime", "SystemTime", "EventTime", "@timestamp", "timestamp", "ts", "time"]
        if "sysmon" in channel or self.first("ProcessGuid", "SourceProcessGUID", "SourceProcessGuid"):
            names.insert(0, "UtcTime")
        for n in names:
            v = self.outer.get(n) if isinstance(self.outer.get(n), (str, int, float)) else self.flat.get(n)
            if v not in (None, ""):
                return moment(text(v))
        raise No("a record has no time")

    def ids(self, salts):
        """Every id that this record may bear; a tenant's own is H(salt, content's)."""
        native = self.outer.get("id")
        if native is None and self.tree is not None:
            if "eventType" in self.tree and "uuid" in self.tree:
                native = self.tree["uuid"]
            elif "eventName" in self.tree and "eventID" in self.tree:
                native = self.tree["eventID"]
            elif {"event_type", "source", "timestamp", "actor", "action"} <= self.tree.keys():
                native = self.tree.get("id")
        said = [self.source] if self.source else []
        for source in said or list(SOURCES) + [text((self.tree or {}).get("source", ""))]:
            known = native not in (None, "")
            d = content_id(source, b"n", text(native).encode()) if known else content_id(source, b"r", hashlib.sha256(self.raw).digest())
            yield from (spell(d), *(spell(hashlib.sha256(field(s.encode()) + d).digest()) for s in salts))


def text(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    return v if isinstance(v, str) else json.dumps(v)


def field(b):
    return len(b).to_bytes(8, "little") + b


def content_id(source, tag, what):
    return hashlib.sha256(b"\x01" + field(source.encode()) + tag + field(what)).digest()[:16]


def spell(digest):
    return "evt_" + base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def moment(s):
    """Nanoseconds since 1970; zone UTC where none is written."""
    if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", s):
        n = float(s)
        return int(n * (1e9 if abs(n) < 1e11 else 1e6))
    m = re.match(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?\s*([Zz]|[+-]\d\d:?\d\d)?", s)
    if not m:
        raise No("a time cannot be read: " + s[:40])
    day, clock, part, zone = m.groups()
    t = datetime.datetime.fromisoformat(day + "T" + clock.replace(":60", ":59") + "+00:00")
    ns = int(t.timestamp()) * 10**9 + int(((part or "") + "000000000")[:9])
    if zone and zone not in "Zz":
        sign = -1 if zone[0] == "+" else 1
        ns += sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60) * 10**9
    return ns


# What a rule's ends share: (cause's value, effect's, cause's record, effect's)

def guid(a, b, ra, rb):
    return bool(GUID.match(a)) and a.strip("{}").lower() == b.strip("{}").lower() and int(re.sub("[^0-9a-fA-F]", "", a), 16) != 0


def token(a, b, *_):
    return len(a) >= 8 and a == b


def session(a, b, ra, rb):
    """A LogonId on one host, or a provider's own session id."""
    try:
        x, y = int(a, 16), int(b, 16)
    except ValueError:
        return token(a, b, ra, rb)
    if not a.lower().startswith("0x"):
        return token(a, b, ra, rb)
    return x == y and x not in SHARED_LOGONS and ra.host() == rb.host() != ""


def handle(a, b, ra, rb):
    return a.lower() == b.lower() and a not in ("", "0x0", "-") and ra.host() == rb.host() != ""


def path(a, b, ra, rb):
    return ("\\" in a or "/" in a) and a.lower() == b.lower() and ra.host() == rb.host() != ""


# rule: how the values compare, then the names that the cited fields must have
RULES = {
    "spawn": (guid, r"guid$", r"parent.*guid$"),
    # starting another is an act too: then the effect names the actor as the parent
    "act": (guid, r"guid$", r"(^|/|source|parent)_?(process)?_?guid$"),
    "session": (session, r"logonid$|session", r"logonid$|session"),
    "remote": (session, r"logonid$|session", r"logonid$|session"),
    "issue-use": (token, r"id$|key$", r"id$|key$"),
    "ticket": (guid, r"guid", r"guid"),
    "federation": (token, r"assertion|ticket|jti|uti", r"assertion|ticket|jti|uti"),
    "handle": (handle, r"handle", r"handle"),
    "flow": (token, r"uid$", r"uid$"),
    "run-written": (path, r"", r""),
    "made-acts": (token, r"(id|sid|arn)$", r"(id|sid|arn)$"),
}
HASH = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}", re.I)


def shared(rule, mine, theirs, ra, rb, asserted):
    compare, cause_name, effect_name = RULES[rule]
    for fa, a in mine:
        for fb, b in theirs:
            if asserted:
                if a == b and a:
                    return True
            elif (re.search(cause_name, fa, re.I) and re.search(effect_name, fb, re.I) and compare(a, b, ra, rb)):
                return True
    return False


def check(edge, records, salts):
    if edge.get("rule") not in RULES:
        raise No("links of this rule are never PROVABLE")
    cited = {edge["from"]: [], edge["to"]: []}
    for item in edge.get("evidence") or []:
        eid, at, value = item["event_id"], item["field"], item["value"]
        rec = records.get(eid)
        if rec is None:
            raise No("no raw record for " + eid)
        if hashlib.sha256(rec.raw).hexdigest() != item["raw_sha256"].lower():
            raise No("raw_sha256 is not that of " + eid)
        if eid not in rec.ids(salts):
            raise No("the id does not follow from the record of " + eid)
        if rec.at(at) != value:
            raise No("%s says %r at %s, not %r" % (eid, rec.at(at), at, value))
        cited.setdefault(eid, []).append((at, value))
    a, b = cited[edge["from"]], cited[edge["to"]]
    if not a or not b or edge["from"] == edge["to"]:
        raise No("not both ends are cited")
    ra, rb = records[edge["from"]], records[edge["to"]]
    if not shared(edge["rule"], a, b, ra, rb, "as asserted by the sender" in edge.get("because", "")):
        raise No("the ends share no strong identifier of this rule's kind")
    if edge["rule"] == "run-written" and not (
            {h.lower() for _, v in a for h in HASH.findall(v)} & {h.lower() for _, v in b for h in HASH.findall(v)}):
        raise No("the ends carry no common content hash")
    if ra.when() > rb.when():
        raise No("the cause is later than the effect")
    if edge["rule"] == "handle" and ra.when() == rb.when() and not 0 < ra.number() < rb.number():
        raise No("both bear one time, and the log's numbers do not put the opening first")


def values(data):
    """One document, or one a line."""
    s = data.decode("utf-8")
    dec, i = json.JSONDecoder(), 0
    while True:
        while i < len(s) and s[i] in " \t\r\n":
            i += 1
        if i == len(s):
            return
        v, i = dec.raw_decode(s, i)
        yield from v if isinstance(v, list) else [v]


def take(v, records, edges, salts):
    for c in v.get("chains") or []:
        take(c, records, edges, salts)
    salts.update([v["id_salt"]] if v.get("id_salt") else [])
    for n in (v.get("nodes") or []) + [v]:
        raw = n.get("raw")
        if isinstance(n.get("event_id"), str) and (isinstance(raw, str) or n.get("raw_base64")):
            body = raw.encode() if isinstance(raw, str) else base64.b64decode(n["raw_base64"])
            records[n["event_id"]] = Record(body, n.get("source") or "", n.get("outer"))
    edges += v.get("edges") or []
    if "from" in v and "to" in v:
        edges.append(v)


def verify(file, raw=None):
    """-> list of (edge, why it does not follow or None), number of other edges"""
    records, edges, unused, salts = {}, [], [], set()
    for name, into in ((file, edges), (raw, unused)):
        if name:
            with open(name, "rb") as f:
                for v in values(f.read()):
                    take(v, records, into, salts)
    out = []
    for e in (x for x in edges if x.get("grade") == "PROVABLE"):
        try:
            check(e, records, salts)
            out.append((e, None))
        except No as no:
            out.append((e, str(no)))
        except (KeyError, TypeError, AttributeError, ValueError) as bad:
            out.append((e, "malformed: %r" % (bad,)))
    return out, len(edges) - len(out)


def main(argv):
    words, raw = [a for a in argv if a != "--json"], None
    if "--raw" in words:
        i = words.index("--raw")
        raw, words = words[i + 1], words[:i] + words[i + 2:]
    if len(words) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        results, others = verify(words[0], raw)
    except (ValueError, TypeError, AttributeError) as bad:
        sys.exit("verify: %s holds no chains or edges that can be read: %r" % (words[0], bad))
    failed = sum(why is not None for _, why in results)
    if "--json" in argv:
        print(json.dumps({"provable": len(results), "failed": failed, "results": [
            dict({k: e.get(k) for k in ("from", "to", "rule")}, ok=w is None, why=w) for e, w in results]}))
    else:
        for e, w in results:
            print("%-6s  %s -> %s  %s%s" % ("FAILED" if w else "ok", e.get("from"), e.get("to"), e.get("rule"), ": " + w if w else ""))
        print("%d of %d PROVABLE edges follow from their raw records; %d other edges claim no proof" % (
            len(results) - failed, len(results), others))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
