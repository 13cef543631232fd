#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No responder outlives the web server that started it, not even one that was
born in the moment of its death."""
import os, signal, socket, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD") or "build")
META = os.path.join(BUILD, "fcgi", "meta.fcgi")


def need(truth, *words):
    if not truth:
        sys.exit("FAILED: " + " ".join(str(w) for w in words))


def born(listener, data, server):
    env = dict(os.environ, TRACE_DATA=data, TRACE_SPAWNED=str(server))
    return subprocess.Popen([META], stdin=listener, env=env, stderr=subprocess.DEVNULL)


def ends(p, seconds):
    try:
        return p.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        return False


def gone(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def main():
    with tempfile.TemporaryDirectory(prefix="tra-ce-orphan-") as d:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(d, "meta.sock"))
        listener.listen()
        dead = subprocess.Popen(["/bin/true"])
        dead.wait()
        need(ends(born(listener, d, dead.pid), 5), "started by one who is dead, it stays")
        ours = born(listener, d, os.getpid())
        need(not ends(ours, 0.5), "started by one who lives, it ends")
        ours.terminate()
        need(ends(ours, 5), "it does not stop when told to")
        free = born(listener, d, 0)
        need(not ends(free, 0.5), "with nobody to follow, it ends")
        free.terminate()
        need(ends(free, 5), "it does not stop when told to")
        # And the ordinary death, later: the shell stands for the server.
        p = subprocess.Popen(["/bin/sh", "-c", 'TRACE_SPAWNED=$$ "$0" <&9 9<&- & echo $!; wait', META],
                             stdout=subprocess.PIPE, env=dict(os.environ, TRACE_DATA=d), close_fds=False,
                             preexec_fn=lambda: os.dup2(listener.fileno(), 9))
        child = int(p.stdout.readline())
        time.sleep(0.3)
        need(not gone(child), "it did not come up")
        os.kill(p.pid, signal.SIGKILL)
        p.wait()
        end = time.monotonic() + 5
        while not gone(child) and time.monotonic() < end:
            time.sleep(0.02)
        need(gone(child), "it outlives kill -9")


if __name__ == "__main__":
    main()
