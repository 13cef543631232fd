#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `make run` does after building: one web server in the foreground, the
tenant demo, the sample incident, its chains on the screen.

Environment: PORT, DATA, DEMO (0: no sample), SERVER, BUILD. Ends on SIGTERM or
SIGINT (the whole process group may get it) and leaves no process behind.
"""
import ctypes, glob, gzip, http.client, json, os, signal, socket, subprocess
import sys, time

import servers

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RESPONDERS = sorted(os.path.basename(f)[:-2] for f in glob.glob(os.path.join(ROOT, "fcgi", "*.c")))
PIECE = 4 << 20                 # bytes of sample in one post
WIDTH = 160                     # longest line of a chain's summary
BASE = "/api/v1"


class Stop(Exception):
    """Somebody wants us to end."""


def die(text, status=1):
    print(f"make run: {text}", file=sys.stderr)
    sys.exit(status)


# ------------------------------------------------------------ the data folder

def tool(build, data, *words):
    """Answer of `tra-ce --json WORDS...`."""
    r = subprocess.run([os.path.join(build, "tra-ce"), "--data", data, "--json", *words],
                       capture_output=True, text=True)
    if r.returncode:
        die(f"`tra-ce {' '.join(words)}` failed: {(r.stderr or r.stdout).strip()}")
    return json.loads(r.stdout)


def has_demo(build, data):
    if not os.path.exists(os.path.join(data, "control.db")):
        return False
    tenants = tool(build, data, "tenant", "list")["tenants"]
    return any(t["tenant"] == "demo" for t in tenants)


def demo_key(build, data):
    """The demo tenant's key, made with its tenant if there is none."""
    path = os.path.join(data, "demo.key")
    if not has_demo(build, data):
        key = tool(build, data, "tenant", "add", "demo", "--plan", "enterprise")["key"]
    elif os.path.exists(path):
        with open(path) as f:
            return f.read().strip()
    else:
        key = tool(build, data, "key", "add", "demo", "--name", "demo",
                   "--scopes", "ingest,read,analyze,ai")["key"]
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(fd, 0o600)
    with os.fdopen(fd, "w") as f:
        f.write(key + "\n")
    return key


def panel_address(build, data, port):
    """The panel's; while nobody can sign in, with the token that makes the first administrator.
    The server is up by now: a configuration spoiled meanwhile is no reason to end it."""
    page = f"http://127.0.0.1:{port}/admin/"
    try:
        if tool(build, data, "admin", "list")["administrators"]:
            return page
        token = tool(build, data, "admin", "create")["token"]
    except SystemExit:
        return page
    return f"{page}#token={token}  (makes the first administrator, once, within a day)"


# ------------------------------------------------------------- the web server

def missing(build):
    """What a server would refuse to start without."""
    files = [os.path.join(build, "fcgi", f"{r}.fcgi") for r in RESPONDERS]
    files.append(os.path.join(build, "tra-ce"))
    return [f for f in files if not os.access(f, os.X_OK)]


def port_taken(port):
    """Would a stranger's server answer in our place?"""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError as e:
            return e.strerror
    return None


def still_taken(port, patience):
    """One that was killed hard may leave its web server behind for a moment."""
    end = time.monotonic() + patience
    why = port_taken(port)
    while why and time.monotonic() < end:
        time.sleep(0.1)
        why = port_taken(port)
    return why


def adopt_orphans():
    """Responders outlive their web server by a moment; as their foster parent
    we can wait for them (prctl PR_SET_CHILD_SUBREAPER)."""
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)


def reap(patience):
    """Wait for every child; False if some are left after that long."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            time.sleep(0.02)
    return False


def children():
    me = os.getpid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    if int(f.read().rpartition(")")[2].split()[1]) == me:
                        yield int(name)
            except OSError:
                pass


def tell_children(sig):
    for pid in list(children()):
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            pass


def end_all(server):
    """Gracefully, then firmly, then for good."""
    if server.process.poll() is None:
        server.stop()
        try:
            server.process.wait(6)
        except subprocess.TimeoutExpired:
            server.process.terminate()
    for sig, turns in ((signal.SIGTERM, 4), (signal.SIGKILL, 4)):
        for _ in range(turns):              # children of those who ended become ours, and are told in the next turn
            tell_children(sig)
            if reap(1):
                return


# -------------------------------------------------------------------- the API

def ask(port, method, path, key=None, body=None, kind="application/json"):
    headers = {"X-API-Key": key} if key else {}
    if body is not None:
        headers["Content-Type"] = kind
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        c.request(method, BASE + path, body, headers)
        r = c.getresponse()
        text = r.read()
    finally:
        c.close()
    try:
        return r.status, json.loads(text)
    except ValueError:
        return r.status, {"detail": text[:200].decode("utf-8", "replace")}


def ready(port, server):
    """Until /health says 200; why not, if it does not in time."""
    why, end = "it does not answer", time.monotonic() + 30
    while time.monotonic() < end:
        if server.process.poll() is not None:
            return f"{server.needs} ended with status {server.process.returncode}"
        try:
            status, answer = ask(port, "GET", "/health")
            if status == 200:
                return None
            why = f"/health says {status}: {json.dumps(answer)}"
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    return why


def pieces(path):
    """A sample file's lines in posts of bounded size."""
    opener = gzip.open if path.endswith(".gz") else open
    out, size = [], 0
    with opener(path, "rb") as f:
        for line in f:
            out.append(line)
            size += len(line)
            if size >= PIECE:
                yield b"".join(out)
                out, size = [], 0
    if out:
        yield b"".join(out)


def load(port, key):
    """Every db/sample/SOURCE.ndjson[.gz] as that source's own records."""
    for path in sorted(glob.glob(os.path.join(ROOT, "db", "sample", "*.ndjson*"))):
        source = os.path.basename(path).split(".")[0]
        n = {"accepted": 0, "duplicates": 0, "rejected": 0}
        for body in pieces(path):
            status, a = ask(port, "POST", f"/events?source={source}&backfill=1", key, body,
                            "application/x-ndjson")
            if status not in (200, 422):
                print(f"sample {source}: {status} {a.get('detail', a)}", flush=True)
                return False
            for k in n:
                n[k] += a.get(k, 0)
        print(f"sample {source}: {n['accepted']} events accepted, {n['duplicates']} were there,"
              f" {n['rejected']} rejected", flush=True)
    return True


# ------------------------------------------------------------------ on screen

def node_line(n):
    where = f" on {n['host']}" if n.get("host") else ""
    target = f" -> {n['target']}" if n.get("target") else ""
    return f"{n.get('timestamp', '')} {n.get('actor', '')} {n.get('action', '')}{target}{where}"


def clip(text):
    return text if len(text) <= WIDTH else text[:WIDTH - 1] + "\u2026"


def show_chain(c):
    nodes = {n["event_id"]: n for n in c.get("nodes", [])}
    edges = c.get("edges", [])
    print(f"\n{c['confidence']:9} {c['score']:5.1f}  {c.get('title', '')}")
    print(f"    {c['chain_id']}  {len(nodes)} events, {len(edges)} links,"
          f" {c.get('first_seen')} to {c.get('last_seen')}")
    print(f"    techniques: {' '.join(c.get('mitre_techniques', [])) or 'none'}")
    root = nodes.get(c.get("root_cause"))
    if root:
        print(clip(f"    root: {node_line(root)}"))
        why = next((e["because"] for e in edges if e["from"] == root["event_id"]), None)
        if why:
            print(clip(f"    why:  {why}"))
    print(f"    seeds proven to the root: {c.get('seeds_proven_to_root', '-')}")


def show_coverage(answer):
    print("\ncoverage (share of events with strong process, session and token ids):")
    for r in answer.get("coverage", [])[:20]:
        shares = "  ".join(f"{kind} {r.get(f'strong_{kind}_share', 0):4.0%}"
                           for kind in ("process", "session", "token"))
        print(f"    {r['source']:12} {r.get('host') or '-':32} {r['events']:7} events  {shares}")
        for advice in r.get("advice", []):
            print(clip(f"        {advice if isinstance(advice, str) else json.dumps(advice)}"))


def show(port, key):
    status, a = ask(port, "POST", "/causal/analyze", key)
    if status != 200:
        print(f"analyze: {status} {a.get('detail', a)}", flush=True)
        return
    chains = a.get("chains", [])
    print(f"\n{len(chains)} chains in {a.get('analyzed_events')} events")
    for c in chains[:20]:
        show_chain(c)
    status, a = ask(port, "GET", "/coverage", key)
    if status == 200:
        show_coverage(a)


def hold(server):
    """Until told to end; the web server's own end is a failure."""
    status = server.process.wait()
    print(f"make run: {server.needs} ended with status {status}", file=sys.stderr)
    return 1


def serve(place, demo):
    key = demo_key(place.build, place.data)
    adopt_orphans()
    server = servers.SERVERS[place.kind](place)
    try:
        why = ready(place.port, server)
        if why:
            print(f"make run: {why}; see {place.data}/{server.log}", file=sys.stderr)
            return 1
        if demo and load(place.port, key):
            show(place.port, key)
        print(f"\nTRA-CE is at http://127.0.0.1:{place.port}{BASE}  key: {place.data}/demo.key"
              f"\nconsole: http://127.0.0.1:{place.port}/"
              f"\npanel: {panel_address(place.build, place.data, place.port)}", flush=True)
        return hold(server)
    finally:
        for sig in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sig, signal.SIG_IGN)
        end_all(server)
        place.clear()


def on_signal(*_):
    raise Stop


def main():
    env = os.environ.get
    kind = env("SERVER") or "lighttpd"
    if kind not in servers.SERVERS:
        die(f"there is no SERVER={kind}; there are {', '.join(servers.SERVERS)}", 2)
    build = os.path.join(ROOT, env("BUILD") or "build")
    data = os.path.abspath(env("DATA") or os.path.join(ROOT, "var"))
    needs = servers.SERVERS[kind].needs
    if not servers.program(needs):
        die(f"{needs} is not installed; `make deps SERVER={kind}` does that")
    lacking = missing(build)
    if lacking:
        die("not built: " + ", ".join(lacking))
    port = int(env("PORT") or 8080)
    taken = still_taken(port, 10)
    if taken:
        die(f"port {port}: {taken}; choose another with PORT=N")
    os.umask(0o027)
    place = servers.Place(ROOT, build, data, port, kind)
    why = place.make()
    if why:
        place.clear()
        die(why)
    for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sig, on_signal)
    try:
        return serve(place, env("DEMO", "1") != "0")
    except (Stop, KeyboardInterrupt):
        return 0


if __name__ == "__main__":
    sys.exit(main())
