#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages: make.py TRA-CE OPENAPI FOLDER. What the program says of
itself (subcommands, configuration) and what the API promises are taken from
there, so that a page cannot say anything else."""
import json, os, re, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))


def text(s):
    """roff of a text: no line of it is a request."""
    s = s.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^(?=[.'])", r"\\&", s)


def commands(tool):
    out = subprocess.run([tool, "--help"], capture_output=True, text=True, check=True).stdout
    for m in re.finditer(r"(?m)^  (\S+) +(.+)\n((?:\t.*\n)+)", out):
        words = " ".join(m[3].split())
        yield f".TP\n.B tra\\-ce {text(m[1])} {text(words)}\n{text(m[2])}"


def keys(tool):
    env = dict(os.environ, TRACE_CONFIG="/dev/null")
    out = subprocess.run([tool, "conf", "-T"], capture_output=True, text=True, check=True, env=env).stdout
    for block in out.strip().split("\n"):
        if block.startswith("["):
            yield f".SS {text(block)}"
        elif block.startswith("# "):
            help_ = block[2:]
        elif block:
            key, _, value = block.partition(" = ")
            yield f".TP\n.BR {text(key)} \" = {text(value) or '(empty)'}\"\n{text(help_)}"


def operations(path):
    with open(path) as f:
        doc = json.load(f)
    for where, of in doc["paths"].items():
        for method, o in of.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield f".TP\n.B {method.upper()} /api/v1{text(where)}\n{text(o.get('summary', ''))}"


def main(tool, openapi, folder):
    os.makedirs(folder, exist_ok=True)
    fill = {"COMMANDS": "\n".join(commands(tool)), "KEYS": "\n".join(keys(tool)),
            "OPERATIONS": "\n".join(operations(openapi))}
    for name in ("tra-ce.1", "tra-ce.conf.5", "tra-ce-api.7"):
        with open(os.path.join(HERE, name)) as f:
            page = re.sub(r"(?m)^@(\w+)@$", lambda m: fill[m[1]], f.read())
        with open(os.path.join(folder, name), "w") as f:
            f.write(page)


if __name__ == "__main__":
    main(*sys.argv[1:])
