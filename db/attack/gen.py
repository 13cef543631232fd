#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Print the ATT&CK tables of a folder as C: gen.py FOLDER > attack_table.h"""
import os
import re
import sys

TACTICS = ("reconnaissance resource-development initial-access execution persistence privilege-escalation "
           "defense-evasion credential-access discovery lateral-movement collection command-and-control "
           "exfiltration impact").split()


def number(text):
    m = re.fullmatch(r"T(\d{4})(?:\.(\d{3}))?", text)
    if not m:
        sys.exit(f"not a technique id: {text}")
    return int(m[1]) * 1000 + int(m[2] or 0)


def rows(path, columns):
    with open(path, encoding="utf-8") as f:
        for n, line in enumerate(f, 1):
            if line.startswith("#") or not line.strip():
                continue
            row = line.rstrip("\n").split("\t")
            if len(row) != columns:
                sys.exit(f"{path}:{n}: {len(row)} columns, not {columns}")
            yield row


def version(path):
    with open(path, encoding="utf-8") as f:
        m = re.search(r"^# version (\S+)$", f.read(), re.M)
    return m[1] if m else sys.exit(f"{path}: no '# version' line")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main():
    known = os.path.join(sys.argv[1], "techniques.tsv")
    techniques = {}
    for tid, name, tactics in rows(known, 3):
        bits = sum(1 << TACTICS.index(t) for t in tactics.split(",") if t)
        techniques[number(tid)] = (name, bits)
    moved = {number(a): number(b) for a, b, _ in rows(os.path.join(sys.argv[1], "moved.tsv"), 3)}
    for a, b in moved.items():
        if a in techniques or b not in techniques:
            sys.exit(f"moved.tsv: {a} -> {b} does not lead from an old id to one of today")
    print("/* Made by db/attack/gen.py; (C) 2025 The MITRE Corporation, see db/attack/LICENSE.txt. */")
    print(f"#define ATTACK_VERSION {quoted(version(known))}")
    print("static const struct row { int32_t id; uint32_t tactics; const char *name; } rows[] = {")
    for n, (name, bits) in sorted(techniques.items()):
        print(f"\t{{ {n}, {bits:#x}, {quoted(name)} }},")
    print("};\nstatic const struct move { int32_t from, to; } moves[] = {")
    for a, b in sorted(moved.items()):
        print(f"\t{{ {a}, {b} }},")
    print("};")
    advice(sys.argv[1], techniques)


def advice(folder, techniques):
    """What the explanations know: mitigations, and what comes next."""
    names = dict(rows(os.path.join(folder, "mitigation_names.tsv"), 2))
    print("static const struct cure { int32_t id; const char *mitigations, *control, *sources; } cures[] = {")
    for tid, cures, control, sources in sorted(rows(os.path.join(folder, "mitigations.tsv"), 4), key=lambda r: number(r[0])):
        if number(tid) not in techniques or not all(m in names for m in cures.split(",")):
            sys.exit(f"mitigations.tsv: {tid}: unknown technique or mitigation")
        print(f"\t{{ {number(tid)}, {quoted(cures.replace(',', ' '))}, {quoted(control)}, "
              f"{quoted('' if sources == '-' else sources.replace(',', ' '))} }},")
    print("};\nstatic const struct cure_name { const char *id, *name; } cure_names[] = {")
    for mid, name in sorted(names.items()):
        print(f"\t{{ {quoted(mid)}, {quoted(name)} }},")
    print("};\nstatic const struct attack_next nexts[] = {")
    for tid, n, after in rows(os.path.join(folder, "next.tsv"), 3):
        said = dict(part.split("=") for part in after.split(","))
        if number(tid) not in techniques or not set(said) <= set(TACTICS):
            sys.exit(f"next.tsv: {tid}: unknown technique or tactic")
        print(f"\t{{ {number(tid)}, {int(n)}, {{ {', '.join(str(int(said.get(t, n))) for t in TACTICS)} }} }},")
    print("};")


if __name__ == "__main__":
    main()
