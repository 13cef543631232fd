# SPDX-License-Identifier: Apache-2.0
"""Who includes whom, held against lib/LAYERS; and each foreign library in one
file."""
import os, re

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)

# A foreign header is a seam: only these files know the library.
FOREIGN = {
    "sqlite3.h": "lib/store/sqlite.c", "fcgiapp.h": "lib/http/fcgi.c", "fcgi_stdio.h": None,
    "zlib.h": "lib/base/gzip.c", "zstd.h": "lib/base/zstd.c", "sodium.h": "lib/base/hash.c",
    "yaml.h": "lib/tag/yaml.c", "pcre2.h": "lib/tag/regex.c", "curl/curl.h": "lib/fetch.c",
    "json.h": "lib/base/json.c", "json-c/": "lib/base/json.c",
}


def layers(root):
    """part -> the parts (or single headers "part/header.h") it may use"""
    table = {}
    with open(os.path.join(root, "lib/LAYERS")) as f:
        for n, line in enumerate(f, 1):
            line = line.split("#")[0].strip()
            if line:
                part, _, rest = line.partition(":")
                table[part.strip()] = set(rest.split())
    return table


def part_of(path):
    """lib/http/fcgi.c and lib/http.h are http; fcgi/x.c is fcgi; cli/x.c is cli"""
    words = path.split("/")
    if words[0] != "lib":
        return words[0]
    return words[1] if len(words) > 2 else words[1].rsplit(".", 1)[0]


def circle(table):
    """A part that reaches itself, or None."""
    state = {}

    def visit(p):
        if state.get(p) == 1:
            return p
        if state.get(p) == 2:
            return None
        state[p] = 1
        for q in table.get(p, ()):
            if "/" not in q and q != p and visit(q):
                return p
        state[p] = 2
        return None
    return next((p for p in table if visit(p)), None)


def check_one(root, path, name, table):
    """What is wrong with this file's #include "name", or None."""
    me = part_of(path)
    beside = os.path.join(os.path.dirname(path), name)
    if os.path.exists(os.path.join(root, beside)):
        target = beside
    elif os.path.exists(os.path.join(root, "lib", name)):
        target = "lib/" + name
    elif name == "attack_table.h":
        return None if me == "attack" else "attack_table.h belongs to attack"
    else:
        return 'no such header: "%s"' % name
    you = part_of(target)
    if you == me:
        return None
    if target[4:] in table[me]:         # a single inner header, by name
        return None
    if you not in table[me]:
        return '%s may not use %s ("%s"); see lib/LAYERS' % (me, you, name)
    if you != "base" and target.count("/") > 1:
        return '"%s" is inside %s; its face is lib/%s.h' % (name, you, you)
    return None


def foreign(path, name):
    for header, home in FOREIGN.items():
        if name == header or (header.endswith("/") and name.startswith(header)):
            if path != home and not path.startswith("tests/"):
                return "<%s> belongs in %s alone" % (name, home or "no file")
    return None


def check(root, files):
    """-> list of "path: what is wrong" """
    table, wrong = layers(root), []
    loop = circle(table)
    if loop:
        wrong.append("lib/LAYERS: %s reaches itself" % loop)
    for path, text in files:
        if not path.startswith("tests/") and part_of(path) not in table:
            wrong.append("%s: part %s is not in lib/LAYERS" % (path, part_of(path)))
            continue
        for m in INCLUDE.finditer(text):
            fault = foreign(path, m.group(1) or m.group(2))
            if not fault and m.group(1) and not path.startswith("tests/"):
                fault = check_one(root, path, m.group(1), table)
            if fault:
                wrong.append("%s:%d: %s" % (path, text.count("\n", 0, m.start()) + 1, fault))
    return wrong
