#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make lint: layers, banned calls, sizes. Faults end with exit 1; warnings and
the ten longest functions are only said."""
import os, re, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import layers                                           # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ("lib", "fcgi", "cli", "tests")
FILE_WARN, FILE_MAX, FUNCTION_MAX, COLUMNS = 300, 500, 60, 80
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|system|popen|alloca|"
                    r"rand|srand|tmpnam|mktemp|localtime|gmtime|ctime|asctime|setjmp|longjmp)\s*\(")
NAMES = re.compile(r"(^|[_/])(utils?|helpers?|managers?|common|misc)([._]|$)")
ALLOC = re.compile(r"\b(malloc|calloc|realloc|strdup|strndup|asprintf)\s*\(")
# scandir's and getline's memory comes from libc, so cli frees it with free()
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(m):
    """Comments and literals become blanks of the same shape."""
    return re.sub(r"[^\n]", " ", m.group(0))


def sources():
    for folder in FOLDERS:
        for at, _, names in os.walk(os.path.join(ROOT, folder)):
            for n in sorted(names):
                if n.endswith((".c", ".h")):
                    path = os.path.relpath(os.path.join(at, n), ROOT)
                    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
                        yield path, f.read()


def functions(code):
    """(name, first line, lines) of each definition: name( at column 0, { alone
    at column 0, } alone at column 0."""
    name, begin = None, 0
    lines = code.split("\n")
    for i, line in enumerate(lines):
        m = re.match(r"([A-Za-z_]\w*)\(", line)
        if m:
            name = m.group(1)
        if line == "{" and name:
            begin = i
        if line == "}" and name and begin:
            yield name, begin, i - begin - 1
            name, begin = None, 0


def width(line):
    return len(line.expandtabs(8))


def one(path, text, faults, warnings, longest):
    code = COMMENT.sub(blank, text)
    lines = text.count("\n")
    if not text.startswith(("/* SPDX-License-Identifier: Apache-2.0 */\n", "// SPDX")):
        faults.append("%s: no SPDX line first" % path)
    if lines > FILE_MAX:
        faults.append("%s: %d lines (at most %d)" % (path, lines, FILE_MAX))
    elif lines > FILE_WARN:
        warnings.append("%s: %d lines (aim: %d)" % (path, lines, FILE_WARN))
    if NAMES.search(path):
        faults.append("%s: a name that says nothing" % path)
    banned = [BANNED] if path.startswith(("lib/base/", "tests/")) else [BANNED, ALLOC]
    for rule in banned:
        for m in rule.finditer(code):
            faults.append("%s:%d: %s() is banned" % (path, code.count("\n", 0, m.start()) + 1, m.group(1)))
    for name, at, n in functions(code):
        longest.append((n, "%s:%d %s" % (path, at, name)))
        if n > FUNCTION_MAX:
            faults.append("%s:%d: %s has %d lines (at most %d)" % (path, at, name, n, FUNCTION_MAX))
    for i, line in enumerate(text.split("\n"), 1):
        if width(line) > COLUMNS:
            warnings.append("%s:%d: %d columns" % (path, i, width(line)))
        if line != line.rstrip():
            faults.append("%s:%d: blanks at the end of a line" % (path, i))


def main():
    faults, warnings, longest = [], [], []
    files = list(sources())
    for path, text in files:
        one(path, text, faults, warnings, longest)
    faults += layers.check(ROOT, files)
    for w in warnings[:20]:
        print("warning:", w)
    if len(warnings) > 20:
        print("warning: ... and %d more" % (len(warnings) - 20))
    print("longest functions: " + ", ".join("%s (%d)" % (n, k) for k, n in sorted(longest, reverse=True)[:10]))
    for f in faults:
        print("FAULT", f)
    print("%d files, %d faults, %d warnings" % (len(files), len(faults), len(warnings)))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
