# SPDX-License-Identifier: Apache-2.0
"""The web servers that `make run` can start, and what each needs around it.

  lighttpd   starts the responders itself
  apache     mod_proxy_fcgi: somebody else holds the sockets and starts them. On
             an installed system that is systemd, here it is Keeper
  fcgid      Apache with mod_fcgid, which starts them itself

Apache's processes never run as root. Where root says `make run`, they and the
responders are www-data's, and so is the data folder; a checkout that www-data
cannot enter (below /root, say) is served from a copy.
"""
import collections, ctypes, os, pwd, resource, shlex, shutil, signal, socket, subprocess
import sys, tempfile, threading, time

SUN_PATH = 107                  # bytes of a socket's name, without its NUL
FDS = 16384
USER = "www-data"
AGAIN = 0.05                    # seconds between looks at the responders
BACKLOG = 1024
# How many of each: as www/conf/lighttpd-routes.conf has it.
PROCS = collections.defaultdict(lambda: 1, analyze=2, graph=2, chains=2, triage=2, investigate=4)


class Place:
    """Where one run of the product lives: folders, port, who owns them."""

    def __init__(self, root, build, data, port, kind):
        self.root, self.build, self.data, self.port, self.kind = root, build, data, port, kind
        self.user = USER if kind != "lighttpd" and os.geteuid() == 0 else None
        self.bin, self.rules = os.path.join(build, "fcgi"), os.path.join(root, "db", "rules")
        self.www, self.conf = os.path.join(root, "www"), os.path.join(root, "www", "conf")
        self.borrowed = []      # to be removed at the end

    def folder(self):
        path = tempfile.mkdtemp(prefix="tra-ce-", dir=os.environ.get("XDG_RUNTIME_DIR"))
        self.borrowed.append(path)
        return path

    def make(self):
        """The data folder, the folder for sockets; -> why not."""
        os.makedirs(self.data, exist_ok=True)
        self.run = os.path.join(self.data, "run")
        if self.user:
            give(self.data, self.user)
            if not enters(self.user, self.data):
                return f"{self.user}, as whom Apache runs, cannot enter {self.data}; choose another with DATA=DIR"
        if len(os.fsencode(os.path.join(self.run, "investigate.sock-99"))) > SUN_PATH:
            self.run = self.folder()
        os.makedirs(os.path.join(self.run, "upload"), exist_ok=True)
        if self.user:
            give(self.run, self.user)
            if not (enters(self.user, self.bin) and enters(self.user, self.rules) and enters(self.user, self.www)):
                return self.copy()
        return None

    def copy(self):
        at = self.folder()
        os.chmod(at, 0o755)
        r = subprocess.run(["make", "-s", "-C", self.root, "install", f"DESTDIR={at}",
                            f"BUILD={os.path.relpath(self.build, self.root)}"], capture_output=True, text=True)
        if r.returncode:
            return f"cannot copy what is served to where {self.user} sees it: {r.stderr.strip()[-300:]}"
        os.chmod(os.path.join(at, "usr"), 0o755)
        share = os.path.join(at, "usr", "share", "tra-ce")
        self.bin, self.rules = os.path.join(at, "usr", "lib", "tra-ce", "fcgi"), os.path.join(share, "rules")
        self.www = share
        return None

    def surroundings(self):
        """The environment of everything that is started."""
        env = dict(os.environ, TRACE_PORT=str(self.port), TRACE_BIN=self.bin, TRACE_RUN=self.run,
                   TRACE_DATA=self.data, TRACE_FDS=str(descriptors()), TRACE_CONF=self.conf,
                   TRACE_RULES=os.environ.get("TRACE_RULES", self.rules), TRACE_WWW=self.www)
        return env

    def clear(self):
        for path in self.borrowed:
            shutil.rmtree(path, ignore_errors=True)


def give(path, user):
    """What is root's becomes the user's, all of a folder; anybody else's is left alone."""
    who = pwd.getpwnam(user)
    below = [os.path.join(at, n) for at, folders, files in os.walk(path) for n in folders + files]
    for p in [path, *below]:
        if os.lstat(p).st_uid == 0:
            os.lchown(p, who.pw_uid, who.pw_gid)


def enters(user, path):
    return subprocess.run(["test", "-r", path, "-a", "-x", path], user=user, group=user, extra_groups=[]).returncode == 0


def descriptors():
    """As many as the configuration wants and the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = FDS if hard == resource.RLIM_INFINITY else min(FDS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, want), hard))
    return want


def program(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


# --------------------------------------------------------------- the servers

LIBC = ctypes.CDLL(None)


def end_with_us():
    """In a server that was just forked: however we end, it is told to (prctl PR_SET_PDEATHSIG)."""
    LIBC.prctl(1, signal.SIGTERM)


class Lighttpd:
    graceful = signal.SIGINT
    log = "lighttpd.log"
    needs = "lighttpd"

    def __init__(self, place):
        # exec keeps the shell's number, so the server's environment can name the server itself
        self.process = subprocess.Popen(["/bin/sh", "-c", 'TRACE_SPAWNED=$$ exec "$@"', "sh", program("lighttpd"),
                                         "-D", "-f", os.path.join(place.conf, "lighttpd.conf")],
                                        env=place.surroundings(), stdin=subprocess.DEVNULL, preexec_fn=end_with_us)

    def stop(self):
        self.process.send_signal(self.graceful)


class Apache:
    graceful = signal.SIGWINCH
    log = "apache.log"
    needs = "apache2"
    words = []
    keeper = None

    def __init__(self, place):
        env = place.surroundings()
        self.before(place, env)
        words = self.words + (["-D", "ROOT"] if place.user else [])
        # A session of its own: Apache would take the terminal's change of size for the order to stop. So nobody's
        # kill of our process group reaches it.
        self.process = subprocess.Popen([program("apache2"), "-D", "FOREGROUND", *words, "-f",
                                         os.path.join(place.conf, "apache-run.conf")],
                                        env=env, stdin=subprocess.DEVNULL, start_new_session=True,
                                        preexec_fn=end_with_us)

    def before(self, place, env):
        left = os.path.join(place.run, "apache.pid")    # of one that was killed; the port is known to be free
        if os.path.exists(left):
            os.unlink(left)
        self.around(place, env)

    def around(self, place, env):
        self.keeper = Keeper(place, env)

    def stop(self):
        self.process.send_signal(self.graceful)
        if self.keeper:
            self.keeper.stop()


class Fcgid(Apache):
    words = ["-D", "FCGID"]
    # At once: a graceful stop waits for every reader of a stream, and takes in those who come back meanwhile.
    graceful = signal.SIGTERM

    def around(self, place, env):
        """mod_fcgid passes on no environment: a script for each responder does."""
        at = os.path.join(place.run, "fcgi")
        os.makedirs(at, exist_ok=True)
        os.chmod(at, 0o755)
        said = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in env.items()
                       if k.startswith("TRACE_") or k in ("DATA", "PATH"))
        log = shlex.quote(os.path.join(place.data, "responders.log"))
        for name in os.listdir(place.bin):
            path = os.path.join(at, name)
            with open(path, "w") as f:
                f.write(f"#!/bin/sh\n{said}export TRACE_SPAWNED=parent\n"
                        f"exec {shlex.quote(os.path.join(place.bin, name))} 2>>{log}\n")
            os.chmod(path, 0o755)
        env["TRACE_BIN"] = at


SERVERS = {"lighttpd": Lighttpd, "apache": Apache, "fcgid": Fcgid}


class Keeper:
    """Holds the listening sockets and keeps a responder on each, as systemd's
    socket units do on an installed system: a connection that comes while one
    is started again waits in the backlog."""

    def __init__(self, place, env):
        self.place, self.env, self.stopping = place, dict(env, TRACE_SPAWNED=str(os.getpid())), threading.Event()
        self.log = open(os.path.join(place.data, "responders.log"), "ab")
        self.sockets, self.processes = {}, {}
        for name in sorted(n[:-5] for n in os.listdir(place.bin) if n.endswith(".fcgi")):
            self.sockets[name] = self.listen(name)
            for n in range(PROCS[name]):
                self.processes[name, n] = (self.start(name), time.monotonic())
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def listen(self, name):
        path = os.path.join(self.place.run, f"{name}.sock")
        if os.path.exists(path):
            os.unlink(path)
        s = socket.socket(socket.AF_UNIX)
        s.bind(path)
        os.chmod(path, 0o660)
        if self.place.user:
            give(path, self.place.user)
        s.listen(BACKLOG)
        return s

    def start(self, name):
        who = {"user": self.place.user, "group": self.place.user, "extra_groups": []} if self.place.user else {}
        return subprocess.Popen([os.path.join(self.place.bin, f"{name}.fcgi")], stdin=self.sockets[name],
                                stdout=self.log, stderr=self.log, env=self.env, start_new_session=True, **who)

    def watch(self):
        """Started again when it ends, but no more than once a second."""
        while not self.stopping.wait(AGAIN):
            for (name, n), (p, at) in list(self.processes.items()):
                if p.poll() is not None and time.monotonic() - at > 1:
                    self.processes[name, n] = (self.start(name), time.monotonic())

    def stop(self):
        self.stopping.set()
        self.thread.join()
        for p, _ in self.processes.values():
            p.terminate()
        for s in self.sockets.values():
            s.close()


if __name__ == "__main__":
    sys.exit("packaging/run.py starts the servers")
