#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stores that old programs made: lay.py VERSION FOLDER lays one down as a data folder.

vN/ is what `sqlite3 FILE .dump` says of each file of a store whose graph.db has
version N, made by the program of the commit that says.json names: tenant acme,
a key, a revoked one, ten records, two chains. They are never made again: what
they are good for is that no program of today has touched them.
"""
import json, os, sqlite3, sys

HERE = os.path.dirname(os.path.abspath(__file__))
VERSIONS = sorted(n for n in os.listdir(HERE) if n.startswith("v"))


def says(version):
    with open(os.path.join(HERE, version, "says.json")) as f:
        return json.load(f)


def place(said, file):
    return os.path.join("tenants", said["folder"], "graph.db") if file == "graph" else file + ".db"


def lay(version, data):
    said = says(version)
    os.makedirs(os.path.join(data, "tenants", said["folder"]), exist_ok=True)
    for file in said["versions"]:
        with open(os.path.join(HERE, version, file + ".sql")) as f:
            db = sqlite3.connect(os.path.join(data, place(said, file)))
            db.executescript(f.read())
            db.close()
    return said


if __name__ == "__main__":
    lay(*sys.argv[1:])
