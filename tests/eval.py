#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make eval: the product judged from outside on recordings of real attacks,
where scripts and data lie beside the checkout (EVAL_ROOT, default ../shared).

    tests/eval.py [--fast] [--only NAME]

Each bar that holds counts as passed. Without the data it says so and ends well:
the product does not need it. The last line is "N passed, N failed".
"""
import json, os, re, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BESIDE = os.path.abspath(os.path.join(ROOT, os.environ.get("EVAL_ROOT", "../shared")))

ONE_CLOCK = ["kinds.%s.recall_one_clock>=0.98" % k for k in ("parent_guid", "logon_id", "parent_pid_4688")]

LIVE = ["latency_p99_ms<=250", "lost<=0", "doubles<=0", "order_faults<=0", "misshapen<=0", "foreign<=0", "broken_parts<=0",
        "heartbeat_s<=16"]

# script (of tests/, else of eval/), words always, words for --fast (None: left out then), bars, bars that only the whole data shows, servers
PLAN = [
    ("contract.py", [], [], ["failed<=0", "passed>=250"], [], ("lighttpd", "apache", "fcgid")),
    ("edges.py", [], ["--fast"],
     ["precision>=1", "traps_failed<=0", "controls_found>=22", "trap_records_rejected<=0", "unrecognised<=0",
      "reversed<=0", "recall_one_clock>=0.98"] + ONE_CLOCK + ["edges_per_event<=2"], []),
    ("order.py", [], ["--fast"], ["different<=0", "other_id<=0"], ["edges_compared>=1000"]),
    ("chains.py", [], ["--fast"], ["found>=1", "overgraded<=0", "proc_f1>=0.9", "step_recall>=0.9"], []),
    ("narrative.py", [], ["--fast"], ["named>=1", "root>=1", "cites>=1", "faults<=0", "sentences>=20"],
     ["c2>=1", "payload>=1", "dump>=1", "tool>=1"]),
    ("tagging.py", [], ["--fast"], [], []),
    ("live.py", ["--posts", "40", "--fan", "10,200", "--fan-posts", "5"], [], LIVE, [], ("lighttpd", "apache")),
    # A stream is a process there.
    ("live.py", ["--posts", "40", "--fan", "10,50", "--fan-posts", "5"], [], LIVE, [], ("fcgid",)),
    ("triage.py", [], [],
     ["sound<=0", "injected<=0", "auc>=0.95", "auc_margin>=0", "ap_margin>=0", "suppressed>=0.95", "steps_kept>=0.95"], []),
    ("load.py", ["--crash", "5"], [],
     ["crash_rounds>=5", "crash_lost<=0", "crash_doubled<=0", "crash_strangers<=0", "crash_count_wrong<=0",
      "crash_sick<=0"], []),
    ("load.py", [], None, ["errors<=0", "growth_ratio>=0.7", "page_ratio<=2", "uncounted<=0"], []),
]
HOLDS = {">=": lambda a, b: a >= b, "<=": lambda a, b: a <= b}


def flatten(tree, prefix=""):
    for k, v in tree.items():
        if isinstance(v, dict):
            yield from flatten(v, prefix + k + ".")
        elif isinstance(v, (int, float)):
            yield prefix + k, v


def figures(path):
    """All that the script measured, names with dots; {} if it broke off."""
    try:
        with open(path) as f:
            tree = json.load(f)
    except (OSError, ValueError):
        return {}
    for c in tree.get("checks", []):
        if c["verdict"] == "failed":
            print("   broken: %s: %s" % (c["name"], c["why"][:300]))
    return dict(flatten(tree))


def bar(text, found):
    """-> does it hold, what was found. What was not measured never holds."""
    name, sign, value = re.match(r"([\w.]+)(>=|<=)(.*)", text).groups()
    if name not in found:
        return False, "not measured"
    return HOLDS[sign](found[name], float(value)), "%.6g" % found[name]


def one(name, words, bars, server):
    begin = time.monotonic()
    # The scripts start `make run` with a SERVER of their own: make's own word for it stands above that.
    env = dict(os.environ) if server == "lighttpd" else dict(os.environ, MAKEFLAGS="SERVER=" + server)
    own = os.path.join(ROOT, "tests", name)
    script = own if os.path.exists(own) else os.path.join(BESIDE, "eval", name)
    with tempfile.TemporaryDirectory(prefix="tra-ce-eval-") as at:
        path = os.path.join(at, "figures.json")
        r = subprocess.run(["/usr/bin/python3", script, "--project", ROOT, "--data",
                            os.path.join(BESIDE, "data"), "--json", path] + words, capture_output=True, text=True, cwd=ROOT, env=env)
        print("== %s behind %s: exit %d, %.0f s" % (" ".join([name] + words), server, r.returncode, time.monotonic() - begin))
        found = figures(path)
    print("\n".join("   " + line for line in r.stdout.splitlines() if line.startswith("RESULT ")), flush=True)
    passed, failed = 0, 0
    for text in bars:
        good, got = bar(text, found)
        passed, failed = passed + good, failed + (not good)
        print("   %-6s %s (%s)" % ("ok" if good else "FAILED", text, got), flush=True)
    if not found:
        failed += 1
        print("   FAILED no figures\n" + (r.stdout + r.stderr)[-1500:], flush=True)
    return passed, failed


def main(argv):
    fast = "--fast" in argv
    only = argv[argv.index("--only") + 1] if "--only" in argv else ""
    if not os.path.isdir(os.path.join(BESIDE, "data")) or not os.path.isdir(os.path.join(BESIDE, "eval")):
        print("skipped: no evaluation data beside the checkout")
        print("0 passed, 0 failed")
        return 0
    passed, failed = 0, 0
    for name, words, quick, bars, whole, *servers in PLAN:
        if only not in name or (fast and quick is None):
            continue
        for server in servers[0] if servers else ("lighttpd",):
            p, f = one(name, words + (quick if fast else []), bars + ([] if fast else whole), server)
            passed, failed = passed + p, failed + f
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
