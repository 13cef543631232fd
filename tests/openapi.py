# SPDX-License-Identifier: Apache-2.0
"""Holds answers against www/openapi.json: path, method, status, media type,
headers, and every member of a JSON body. What is not declared is a fault, so
the document cannot fall behind the product without a test saying so.

Of JSON Schema this reads what the document uses: type, enum, const, pattern,
properties, required, additionalProperties, items, anyOf, $ref, minimum,
maximum, minLength, minProperties.
"""
import json, re, urllib.parse

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
KNOWN = {"type", "enum", "const", "pattern", "format", "properties", "required",
         "additionalProperties", "items", "anyOf", "$ref", "minimum", "maximum", "minLength",
         "maxLength", "minProperties", "description", "default", "example"}


def shown(value):
    text = json.dumps(value)
    return text if len(text) < 80 else text[:77] + "..."


class Contract:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.doc = json.load(f)
        self.routes = []
        for path, item in self.doc["paths"].items():
            pattern = "/".join("[^/]+" if s.startswith("{") else re.escape(s) for s in path.split("/"))
            self.routes.append((path, re.compile(pattern), item))
        self.seen = set()                   # (method, path, status) that came by

    def at(self, ref):
        node = self.doc
        for part in ref[2:].split("/"):
            node = node[urllib.parse.unquote(part).replace("~1", "/").replace("~0", "~")]
        return node

    def whole(self, node):
        while "$ref" in node:
            node = self.at(node["$ref"])
        return node

    # ------------------------------------------------------------- a JSON value

    def faults(self, schema, value, where=""):
        schema = self.whole(schema)
        if "anyOf" in schema:
            tries = [list(self.faults(s, value, where)) for s in schema["anyOf"]]
            if all(tries):
                yield f"{where or '/'}: fits none of {len(tries)}: {min(tries, key=len)[0]}"
            return
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(is_type(t, value) for t in types):
            yield f"{where or '/'}: {shown(value)} is no {'/'.join(types)}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield f"{where}: {shown(value)} is none of {schema['enum']}"
        if "const" in schema and value != schema["const"]:
            yield f"{where}: {shown(value)} is not {schema['const']!r}"
        if isinstance(value, str):
            if "pattern" in schema and not re.search(schema["pattern"], value):
                yield f"{where}: {shown(value)} is not of the form {schema['pattern']}"
            if schema.get("format") == "date-time" and not re.fullmatch(
                    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z", value):
                yield f"{where}: {value!r} is no time as we write it"
            if len(value) < schema.get("minLength", 0):
                yield f"{where}: too short"
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                yield f"{where}: {value} is out of bounds"
        if isinstance(value, dict):
            yield from self.object_faults(schema, value, where)
        if isinstance(value, list) and "items" in schema:
            for i, v in enumerate(value):
                yield from self.faults(schema["items"], v, f"{where}/{i}")

    def object_faults(self, schema, value, where):
        declared = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{where}/{name}: missing"
        for name, v in value.items():
            if name in declared:
                yield from self.faults(declared[name], v, f"{where}/{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{where}/{name}: not declared"

    # ---------------------------------------------------------------- an answer

    def check(self, method, path, status, headers, body):
        """What is wrong with this answer; path without base, names of headers in lower case."""
        path = path.partition("?")[0]
        found = next((r for r in self.routes if r[1].fullmatch(path)), None)
        if found is None:
            return [] if status in (401, 404, 429) else [f"{path} is not listed, but answers {status}"]
        operation = found[2].get("get" if method == "HEAD" else method.lower())
        if operation is None:
            good = status in (204, 401, 405, 429, 503)
            return [] if good else [f"{method} {found[0]} is not listed, but answers {status}"]
        response = operation["responses"].get(str(status))
        if response is None:
            return [f"{method} {found[0]}: {status} is not listed"]
        self.seen.add((method, found[0], status))
        response = self.whole(response)
        out = [f"{method} {found[0]} {status}: no header {h}" for h in response.get("headers", {})
               if h.lower() not in headers and h not in ("Idempotency-Replayed", "Link", "Location")]
        content = response.get("content", {})
        if not content and not body:
            return out
        kind = headers.get("content-type", "").partition(";")[0]
        if kind not in content:
            return out + [f"{method} {found[0]} {status}: {kind!r} is not listed"]
        if method != "HEAD" and "json" in kind:
            lines = body.splitlines() if "ndjson" in kind else [body]
            schema = {"$ref": "#/components/schemas/Edge"} if "ndjson" in kind else content[kind]["schema"]
            for text in lines:
                out += [f"{method} {found[0]} {status} {f}" for f in self.faults(schema, json.loads(text))]
        return out

    # ------------------------------------------------------------- the document

    def document_faults(self):
        """Structure: version, references, parameters, ids, schemas this file can read."""
        doc = self.doc
        if not re.fullmatch(r"3\.1\.\d+", doc["openapi"]):
            yield f"openapi {doc['openapi']}"
        ids = set()
        for node in walk(doc):
            if isinstance(node.get("$ref"), str):
                try:
                    self.at(node["$ref"])
                except KeyError:
                    yield f"{node['$ref']} leads nowhere"
        for path, item in doc["paths"].items():
            for method, op in item.items():
                where = f"{method} {path}"
                if method not in METHODS:
                    yield f"{where}: no such method"
                if op["operationId"] in ids:
                    yield f"{where}: operationId twice"
                ids.add(op["operationId"])
                declared = {p["name"] for p in map(self.whole, op["parameters"]) if p["in"] == "path"}
                if declared != set(re.findall(r"{([^}]+)}", path)):
                    yield f"{where}: path parameters {sorted(declared)}"
                if not all(self.whole(r).get("description") for r in op["responses"].values()):
                    yield f"{where}: a response says nothing"
        for name, schema in doc["components"]["schemas"].items():
            strange = set(schema) - KNOWN
            if strange:
                yield f"schema {name}: {sorted(strange)} is not understood by the tests"
            lacking = set(schema.get("required", [])) - set(schema.get("properties", {}))
            if lacking:
                yield f"schema {name}: requires {sorted(lacking)}, which it does not have"


def is_type(name, v):
    if name == "integer":
        return isinstance(v, int) and not isinstance(v, bool)
    if name == "number":
        return isinstance(v, (int, float)) and not isinstance(v, bool)
    return isinstance(v, {"object": dict, "array": list, "string": str, "boolean": bool,
                          "null": type(None)}[name])


def walk(node):
    if isinstance(node, dict):
        yield node
        for v in node.values():
            yield from walk(v)
    elif isinstance(node, list):
        for v in node:
            yield from walk(v)
