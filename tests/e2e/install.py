#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `make install` puts down is all that a server needs: one is started from
the installed files alone and takes the installed sample."""
import http.client, json, os, re, shutil, signal, subprocess, sys, tempfile
from lab import BUILD, ROOT, free_port, need, until


def installed(at):
    r = subprocess.run(["make", "-s", "install", "DESTDIR=" + at, "BUILD=" + os.path.relpath(BUILD, ROOT)], cwd=ROOT,
                       capture_output=True, text=True, timeout=200)
    need(r.returncode == 0, "make install:", r.stderr[-800:])
    return os.path.join(at, "usr")


def bin_paths(conf):
    with open(conf) as f:
        return set(re.findall(r'"bin-path" => trace_bin \+ "/([^"]+)"', f.read()))


def serve(usr, at, port):
    share, run, data = os.path.join(usr, "share/tra-ce"), os.path.join(at, "run"), os.path.join(at, "data")
    for d in (data, os.path.join(run, "upload")):
        os.makedirs(d)
    env = dict(os.environ, TRACE_PORT=str(port), TRACE_BIN=os.path.join(usr, "lib/tra-ce/fcgi"), TRACE_RUN=run, TRACE_DATA=data,
               TRACE_FDS="1024", TRACE_RULES=os.path.join(share, "rules"), TRACE_WWW=share,
               TRACE_CONFIG=os.path.join(at, "tra-ce.conf"))
    shutil.copy(os.path.join(share, "tra-ce.conf"), env["TRACE_CONFIG"])        # the packaged example is taken as it is
    with open(os.path.join(at, "log"), "wb") as log:
        return env, subprocess.Popen(["/bin/sh", "-c", 'TRACE_SPAWNED=$$ exec "$@"', "sh", shutil.which("lighttpd", path=os.environ["PATH"] + ":/usr/sbin"),
                                      "-D", "-f", os.path.join(share, "lighttpd.conf")], env=env, stdout=log, stderr=log, start_new_session=True)


def ask(port, method, path, key=None, body=None):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        c.request(method, "/api/v1" + path, body, dict({"Content-Type": "application/x-ndjson"}, **({"X-API-Key": key} if key else {})))
        r = c.getresponse()
        return r.status, json.loads(r.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None, None
    finally:
        c.close()


def page(port, path):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        c.request("GET", path)
        r = c.getresponse()
        return r.status, r.read()
    finally:
        c.close()


def pages_are_served(port):
    """Every file of www/console and www/admin, byte for byte."""
    for folder, base in (("console", "/"), ("admin", "/admin/")):
        at = os.path.join(ROOT, "www", folder)
        for d, _, names in os.walk(at):
            for n in names:
                path = base + os.path.relpath(os.path.join(d, n), at)
                with open(os.path.join(d, n), "rb") as f:
                    need(page(port, path) == (200, f.read()), path, "is not served as it is here")
    need(b"<html" in page(port, "/")[1], "no console at /")


def works(usr, env, port):
    need(until(lambda: ask(port, "GET", "/openapi.json")[0] == 200, 30, 0.1), "no openapi.json")
    r = subprocess.run([os.path.join(usr, "bin/tra-ce"), "--data", env["TRACE_DATA"], "--json", "tenant", "add", "t"],
                       capture_output=True, text=True, env=env, timeout=30)
    need(r.returncode == 0, "tenant add:", r.stderr)
    key = json.loads(r.stdout)["key"]
    need(until(lambda: ask(port, "GET", "/health")[0] == 200, 5, 0.1), "not healthy:", ask(port, "GET", "/health"))
    with open(os.path.join(usr, "share/tra-ce/sample/okta.ndjson"), "rb") as f:
        status, a = ask(port, "POST", "/events?source=okta", key, f.read())
    need(status == 200 and a["rejected"] == 0 and a["accepted"] > 100, status, a)
    status, a = ask(port, "POST", "/causal/analyze", key)
    pages_are_served(port)
    need(status == 200 and any(c["mitre_techniques"] for c in a["chains"]), "no chain: the installed rules are not used")


def main():
    with tempfile.TemporaryDirectory(prefix="tra-ce-install-") as at:
        usr = installed(at)
        share = os.path.join(usr, "share/tra-ce")
        there = set(os.listdir(os.path.join(usr, "lib/tra-ce/fcgi")))
        need(there == bin_paths(os.path.join(share, "lighttpd-routes.conf")), "responders installed and configured differ", there)
        for folder in ("rules", "sample"):
            want = {n for n in os.listdir(os.path.join(ROOT, "db", folder)) if n.endswith((".yml", ".ndjson"))}
            need(set(os.listdir(os.path.join(share, folder))) == want, folder, "is not whole")
        port = free_port()
        env, server = serve(usr, at, port)
        try:
            works(usr, env, port)
        except AssertionError:
            with open(os.path.join(at, "log")) as f:
                print(f.read()[-1500:])
            raise
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()
        need(until(lambda: ask(port, "GET", "/health")[0] is None, 5), "it still answers")
    print("ok      a server of installed files alone takes the installed sample")


if __name__ == "__main__":
    sys.exit(main())
