#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make check: runs every test and names each with its time.

    BUILD=build tests/run.py [--san] [--only TEXT]

  unit   build/tests/*: cmocka programs, golden files among them; each of their
         tests counts as one
  e2e    tests/e2e/*.py: a real web server on a free port; a script that ends
         with anything but 0 has failed (77: could not be tried here). All of
         them behind lighttpd, those of BEHIND behind Apache too
  web    tests/web/*.py: the same, and a real browser on the pages
  lint   tests/lint/lint.py
web, and e2e behind Apache, wait more than they work: they go on side by side.
--san: the unit programs, built with sanitizers, and the fuzzers once with the
inputs that are kept for them; nothing else. The last line is
"N passed, N failed"; exit 1 if any failed.
"""
import os, re, subprocess, sys, threading, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
SKIPPED = 77
TAP = re.compile(r"^\s*(ok|not ok)\s+\d+\s*-?\s*(\S.*?)\s*(#.*)?$", re.M)
# What depends on the server: the contract, keys, sessions and limits, other people's senders, streams, and every way in
# which the two can let each other down.
ON_EACH = ("events_contract.py", "keys_and_limits.py", "openapi_is_true.py", "foreign_senders.py", "live_stream.py",
           "at_the_door.py", "servers.py", "sweep.py", "idempotency.py", "crash.py")
BEHIND = {"apache": ON_EACH, "fcgid": ON_EACH}
PATIENCE = {"unit": 120, "e2e": 300, "web": 600, "lint": 30, "fuzz": 300}


class Count:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def say(self, good, kind, name, seconds, why=""):
        print("%-6s %-5s %-58s %7.2f s" % ("ok" if good else "FAILED", kind, name, seconds), flush=True)
        if good:
            self.passed += 1
        else:
            self.failed.append(kind + " " + name)
            if why:
                print("       " + why.strip().replace("\n", "\n       "), flush=True)


def run(kind, words, env):
    """-> status (or None: out of patience), output, seconds"""
    begin = time.monotonic()
    p = subprocess.Popen(words, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, start_new_session=True)
    try:
        out, _ = p.communicate(timeout=PATIENCE[kind])
        status = p.returncode
    except subprocess.TimeoutExpired:
        os.killpg(p.pid, 15)                        # its own session: nothing of it stays
        try:
            out, _ = p.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, 9)
            out, _ = p.communicate()
        status = None
    return status, out.decode("utf-8", "replace"), time.monotonic() - begin


def last(out, n=25):
    return "\n".join(out.strip().split("\n")[-n:])


def unit(count, name, env):
    status, out, seconds = run("unit", [os.path.join(BUILD, "tests", name)], dict(env, CMOCKA_MESSAGE_OUTPUT="TAP"))
    tests = TAP.findall(out)
    off = [t for _, t, why in tests if "# SKIP" in t + (why or "")]     # cmocka says "not ok 1 # SKIP name"
    tests = [t for t in tests if t[1] not in off]
    count.skipped += ["%s: %s" % (name, t.replace("# SKIP ", "")) for t in off]
    bad = [t for word, t, _ in tests if word == "not ok"]
    for _ in range(len(tests) - len(bad)):
        count.passed += 1
    count.failed += ["unit %s: %s" % (name, t) for t in bad]
    broken = status is None or (status != 0 and not bad) or not tests
    if broken:                                      # crashed, hung, or says nothing
        count.failed.append("unit %s: ended with %s after %d tests" % (name, status, len(tests)))
    word = "FAILED" if bad or broken else "ok"
    print("%-6s %-5s %-40s %4d of %4d tests %7.2f s" % (word, "unit", name, len(tests) - len(bad), len(tests), seconds),
          flush=True)
    if word != "ok":
        print("       " + last(out).replace("\n", "\n       "), flush=True)


def script(count, kind, path, env, server="lighttpd", words=()):
    status, out, seconds = run(kind, ["/usr/bin/python3", path, *words], dict(env, SERVER=server))
    name = os.path.basename(path) + ("" if server == "lighttpd" else " behind " + server)
    if status == SKIPPED:
        count.skipped.append(name)
        print("skip   %-5s %-58s %7.2f s  %s" % (kind, name, seconds, last(out, 1)), flush=True)
        return
    count.say(status == 0, kind, name, seconds, ("no end after %d s\n" % PATIENCE[kind] if status is None else "") + last(out))


def names_in(folder, keep):
    at = os.path.join(ROOT, folder)
    return sorted(n for n in os.listdir(at) if keep(n)) if os.path.isdir(at) else []


def scripts(count, kind, folder, libraries, only, env):
    for name in names_in(folder, lambda n: n.endswith(".py") and n not in libraries):
        if only in name:
            script(count, kind, os.path.join(ROOT, folder, name), env)


def behind(count, only, env):
    for server, names in BEHIND.items():
        for name in names:
            if only in name or only == server:
                script(count, "e2e", os.path.join(ROOT, "tests/e2e", name), env, server)


def main(argv):
    san = "--san" in argv
    only = argv[argv.index("--only") + 1] if "--only" in argv else ""
    env = dict(os.environ, BUILD=BUILD, PYTHONDONTWRITEBYTECODE="1",
               ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", UBSAN_OPTIONS="print_stacktrace=1")
    count, begin = Count(), time.monotonic()
    for name in names_in("tests/unit", lambda n: n.endswith(".c")):
        if only in name:
            unit(count, name[:-2], env)
    if san and only in "fuzz":
        script(count, "fuzz", os.path.join(ROOT, "tests/fuzz/fuzz.py"), env, words=["--replay"])
    if not san:
        scripts(count, "e2e", "tests/e2e", ("lab.py", "evtx_file.py"), only, env)
        lane = threading.Thread(target=behind, args=(count, only, env))
        lane.start()
        scripts(count, "web", "tests/web", ("browser.py", "axe.py"), only, env)
        lane.join()
        if only in "lint":
            script(count, "lint", os.path.join(ROOT, "tests/lint/lint.py"), env)
    for f in count.failed:
        print("FAILED " + f)
    if count.skipped:
        print("skipped: " + ", ".join(count.skipped))
    print("in %.0f s" % (time.monotonic() - begin))
    print("%d passed, %d failed" % (count.passed, len(count.failed)))
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
