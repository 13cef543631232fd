#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A shared host without root: Apache as its owner set it up, all of ours below
one user's folder, by packaging/shared-host.sh and its .htaccess alone."""
import glob, http.client, json, os, re, shutil, signal, subprocess, sys, tempfile, time
import lab
from lab import ROOT, free_port, need, until

MODULES = "/usr/lib/apache2/modules"
# What a host has: mod_fcgid with its defaults, .htaccess allowed, nothing of ours.
HOST = """
ServerRoot {run}
ServerName localhost
DefaultRuntimeDir {run}
PidFile {run}/apache.pid
Mutex file:{run} default
Listen 127.0.0.1:{port}
{user}
ErrorLog {run}/error.log
{modules}
TypesConfig /dev/null
AddType text/html .html
FcgidIPCDir {run}
FcgidProcessTableFile {run}/fcgid_shm
GracefulShutdownTimeout 2
LimitRequestBody 65536
DocumentRoot {site}
DirectoryIndex index.html
<Directory {site}>
    AllowOverride All
    Require all granted
</Directory>
"""
NAMES = "mpm_event authz_core alias dir mime rewrite env headers fcgid".split()


class Host:
    def __init__(self, at):
        self.at, self.port = at, free_port()
        self.site, self.home, self.run = (os.path.join(at, n) for n in ("public_html", "tra-ce", "run"))
        for d in (self.site, self.home, self.run):
            os.makedirs(d)
        r = subprocess.run(["sh", os.path.join(ROOT, "packaging", "shared-host.sh"), self.site, self.home], capture_output=True,
                           text=True, env=dict(os.environ, BUILD=os.path.relpath(lab.BUILD, ROOT)), timeout=60)
        need(r.returncode == 0, "shared-host.sh:", r.stderr)
        root = os.geteuid() == 0
        if root:                                    # on such a host all of it is the one user's
            subprocess.run(["chown", "-R", "www-data:www-data", at], check=True)
            os.chmod(at, 0o755)
        self.conf = os.path.join(self.run, "apache.conf")
        with open(self.conf, "w") as f:
            f.write(HOST.format(run=self.run, port=self.port, site=self.site, user="User www-data\nGroup www-data" if root else "",
                                modules="\n".join(f"LoadModule {n}_module {MODULES}/mod_{n}.so" for n in NAMES)))

    def start(self):
        program = shutil.which("apache2", path="/usr/sbin:/usr/bin")
        self.process = subprocess.Popen([program, "-D", "FOREGROUND", "-f", self.conf], env={"PATH": "/usr/bin:/bin"},
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        need(until(lambda: self.ask("GET", "/api/v1/openapi.json")[0] == 200, 20, 0.1), "it does not come up:",
             self.ask("GET", "/api/v1/openapi.json"), open(os.path.join(self.run, "error.log")).read()[-800:])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def tool(self, *words):
        r = subprocess.run([os.path.join(self.home, "bin/tra-ce"), "--json", *words], capture_output=True, text=True, timeout=60,
                           env={"PATH": "/usr/bin:/bin", "TRACE_CONFIG": os.path.join(self.home, "tra-ce.conf")})
        need(r.returncode == 0, "tra-ce", *words, r.stderr)
        return json.loads(r.stdout)

    def ask(self, method, path, body=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            c.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        except OSError as e:
            return None, {}, repr(e)
        finally:
            c.close()


def every_path_reaches_a_responder(h, key):
    for base in ("/api/v1", "/v1"):
        for path in [*lab.CONTRACT.doc["paths"], "/no/such"]:
            if path != "/causal/live":
                status, headers, body = h.ask("GET", base + re.sub(r"\{[^}]*\}", "x", path), X_API_Key=key)
                need("x-request-id" in headers, base + path, "never came to a responder:", status, body[:200])
                need((status == 404) >= (path == "/no/such"), base + path, status)
    need(h.ask("GET", "/api/v1/events", Authorization="Bearer " + key)[0] == 200, "Authorization is not passed on")


def senders_made_for_others_reach_it(h, key):
    status, _, body = h.ask("GET", "/services/collector/health")
    need(status == 200 and json.loads(body)["code"] == 17, status, body)
    event = json.dumps({"event": {"action": "login", "user": {"name": "kim"}}, "time": 1.7e9, "sourcetype": "portal:json"})
    status, _, body = h.ask("POST", "/services/collector/event", event, Authorization="Splunk " + key)
    need(status == 200 and json.loads(body)["text"] == "Success", status, body)
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "1700000000000000000", "body": {"stringValue": "hi"}}]}]}]}
    for path in ("/v1/logs", "/api/v1/logs"):
        status, _, body = h.ask("POST", path, json.dumps(logs), X_API_Key=key, Content_Type="application/json")
        need(status == 200, path, status, body)


def a_body_is_taken_whole_or_refused_never_cut(h, key):
    """The host has a LimitRequestBody, which behind mod_fcgid cuts. Ours is the host's own cap of 128 KB."""
    def post(n, chunked=False):
        text = "".join(json.dumps(lab.sign_in(i, id=f"whole-{n}-{chunked}-{i}")) + "\n" for i in range(n)).encode()
        pieces = (text[i:i + 9000] for i in range(0, len(text), 9000))
        return len(text), h.ask("POST", "/api/v1/events", pieces if chunked else text, X_API_Key=key, Content_Type="application/x-ndjson")
    for chunked in (False, True):
        size, (status, _, body) = post(450, chunked)
        need(65536 < size < 131072 and status == 200, size, status, body[:200])
        need(json.loads(body)["accepted"] == 450, "cut:", chunked, body[:200])
    for chunked, told in ((False, 413), (True, 500)):
        size, (status, _, body) = post(900, chunked)
        need(size > 131072 and status == told, size, status, body[:200])
    c = http.client.HTTPConnection("127.0.0.1", h.port, timeout=10)
    c.putrequest("POST", "/v1/causal/analyze")
    for name, value in (("X-API-Key", key), ("Content-Length", "1000000000")):
        c.putheader(name, value)
    c.endheaders(b"{")                              # and no more: it is told before it has sent all
    need(c.getresponse().status == 413, "a declared 1 GB")


def nothing_but_the_api_and_the_pages_is_shown(h, key):
    for path in ("/api/events.fcgi", "/api/.htaccess", "/api/", "/tra-ce.conf", "/data/control.db", "/../tra-ce/tra-ce.conf",
                 "/api/../../tra-ce/data/control.db", "/api/v1/../meta.fcgi"):
        status, headers, body = h.ask("GET", path)
        need(status in (400, 403, 404), path, "is", status, body[:200])
    need(h.ask("GET", "/tra-ce/")[0] == 200, "no console")


def live_is_a_long_poll_that_misses_nothing(h, key):
    begin, last, seen = time.monotonic(), None, set()
    sent = []
    for n in range(3):
        events = lab.break_in(n, "shared")
        if n > 0:                                   # while nobody listens
            status, _, body = h.ask("POST", "/api/v1/events", json.dumps({"events": events}), X_API_Key=key, Content_Type="application/json")
            need(status == 200, status, body)
            sent += json.loads(body)["event_ids"]
            status, headers, body = h.ask("GET", "/api/v1/causal/live", X_API_Key=key, **({"Last_Event_ID": last} if last else {}))
        else:                                       # and while somebody does
            c = http.client.HTTPConnection("127.0.0.1", h.port, timeout=40)
            c.request("GET", "/api/v1/causal/live", headers={"X-API-Key": key})
            time.sleep(1.5)
            status, _, body = h.ask("POST", "/api/v1/events", json.dumps({"events": events}), X_API_Key=key, Content_Type="application/json")
            need(status == 200, status, body)
            sent += json.loads(body)["event_ids"]
            r = c.getresponse()
            status, body = r.status, r.read()
        need(status == 200, "live:", status, body)
        text = body.decode()
        need("retry: 500" in text, text[:200])
        last = re.findall(r"(?m)^id: (\d+)$", text)[-1]
        for line in re.findall(r"(?m)^data: (.*)$", text):
            seen |= set(json.loads(line).get("added_nodes", []))
    need(set(sent) <= seen, "missed:", len(set(sent) - seen), "of", len(sent))
    need(time.monotonic() - begin < 20, "a poll with something to say was held", time.monotonic() - begin)


def a_poll_without_news_ends_and_says_where_to_go_on(h, key):
    _, _, body = h.ask("POST", "/api/v1/events", json.dumps({"events": lab.break_in(9, "shared")}), X_API_Key=key, Content_Type="application/json")
    _, _, body = h.ask("GET", "/api/v1/causal/live?since=0", X_API_Key=key)
    last = re.findall(r"(?m)^id: (\d+)$", body.decode())[-1]
    begin = time.monotonic()
    status, _, body = h.ask("GET", "/api/v1/causal/live", X_API_Key=key, Last_Event_ID=last)
    took = time.monotonic() - begin
    need(status == 200 and 15 < took < 30, status, took)
    need(re.findall(r"(?m)^id: (\d+)$", body.decode()) == [last] and b"data:" not in body, body)


def again_brings_a_new_version_and_leaves_the_data(h, key):
    before = open(os.path.join(h.home, "tra-ce.conf")).read()
    r = subprocess.run(["sh", os.path.join(ROOT, "packaging", "shared-host.sh"), h.site, h.home], capture_output=True, text=True,
                       env=dict(os.environ, BUILD=os.path.relpath(lab.BUILD, ROOT)), timeout=60)
    need(r.returncode == 0 and open(os.path.join(h.home, "tra-ce.conf")).read() == before, r.stderr)
    need(h.ask("GET", "/api/v1/chains", X_API_Key=key)[0] == 200, "it is gone")
    r = subprocess.run(["sh", os.path.join(ROOT, "packaging", "shared-host.sh"), h.site, os.path.join(h.site, "inside")], capture_output=True, text=True)
    need(r.returncode != 0 and "whoever asks" in r.stderr, "data may lie where everybody reads")


def main():
    if not os.path.exists(f"{MODULES}/mod_fcgid.so"):
        print("mod_fcgid is not installed")
        return lab.SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory(prefix="tra-ce-shared-") as at:
        h = Host(at)
        key = h.tool("tenant", "add", "one", "--plan", "enterprise")["key"]
        h.start()
        try:
            for f in (every_path_reaches_a_responder, senders_made_for_others_reach_it, a_body_is_taken_whole_or_refused_never_cut, nothing_but_the_api_and_the_pages_is_shown, live_is_a_long_poll_that_misses_nothing,
                      a_poll_without_news_ends_and_says_where_to_go_on, again_brings_a_new_version_and_leaves_the_data):
                begin = time.monotonic()
                try:
                    f(h, key)
                    print(f"ok      {f.__name__}  {time.monotonic() - begin:.2f} s")
                except AssertionError as e:
                    failed += 1
                    print("FAILED ", f.__name__, e)
        finally:
            h.stop()
        if failed:
            print(open(os.path.join(h.run, "error.log")).read()[-2000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
