#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make deb-test: debtest.py FOLDER (with the package that `make deb` made).

The package is built a second time and must be the same; lintian must find no
error and no warning; and in a fresh Debian it is installed beside a web server
that has a site already, used (debian/tests/first-chain), upgraded, removed and
purged: once with lighttpd, with Apache's mod_proxy_fcgi, with mod_fcgid, and
once with no server there, which then comes with it. Then a whole machine with
systemd is booted in a container, for what units alone can show.

As root. Each part of a Debian lives in namespaces of its own: nothing listens
on this machine, nothing stays mounted. Last line: "N passed, N failed".
"""
import filecmp, glob, hashlib, os, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
SUITE = "bookworm"
PATIENCE = 900
MOST_S = 120                    # from `apt install` to the first graded chain
QUIET = "-o Dpkg::Use-Pty=0 -o APT::Install-Recommends=true -qq"
SERVERS = {"lighttpd": ["lighttpd"], "apache": ["apache2", "spawn-fcgi"], "fcgid": ["apache2", "libapache2-mod-fcgid"]}


class Broken(Exception):
    pass


def need(truth, *words):
    if not truth:
        raise Broken(" ".join(map(str, words)))


def sh(words, **kw):
    r = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, timeout=PATIENCE, **kw)
    need(r.returncode == 0, " ".join(words)[:200], "->", r.returncode, "\n" + r.stdout[-3000:])
    return r.stdout


class Debian:
    """A fresh one, unpacked from `base`."""

    def __init__(self, base):
        self.at = tempfile.mkdtemp(prefix="tra-ce-debian-")
        sh(["tar", "-xf", base, "-C", self.at])
        os.chmod(self.at, 0o755)
        # Services are not started; who asks for it is written down.
        with open(self.path("usr/sbin/policy-rc.d"), "w") as f:
            f.write('#!/bin/sh\necho "$*" >>/var/log/asked\nexit 101\n')
        os.chmod(self.path("usr/sbin/policy-rc.d"), 0o755)
        shutil.copy("/etc/resolv.conf", self.path("etc/resolv.conf"))

    def path(self, name):
        return os.path.join(self.at, name)

    def run(self, text, net=True):
        """In namespaces of its own; without net there is only its loopback. They end with the shell."""
        inside = "" if net else "ip link set lo up; "
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc=" + self.path("proc"), *([] if net else ["--net"]),
                 "chroot", self.at, "/bin/sh", "-c", inside + text]
        return sh(words, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def clear(self):
        need(not os.path.ismount(self.path("proc")), "something is mounted")
        shutil.rmtree(self.at, ignore_errors=True)


def others(d):
    """Every file below /etc that is not ours -> what is in it."""
    out = {}
    for at, _, names in os.walk(d.path("etc")):
        for n in names:
            p = os.path.join(at, n)
            if "tra-ce" not in p and not os.path.islink(p) and os.path.isfile(p):
                with open(p, "rb") as f:
                    out[p] = hashlib.sha256(f.read()).hexdigest()
    return {p: h for p, h in out.items() if not p.endswith(("ld.so.cache", "resolv.conf"))}


def newer(deb, folder):
    """The same package under the next version."""
    tree = os.path.join(folder, "newer")
    sh(["dpkg-deb", "-R", deb, tree])
    control = os.path.join(tree, "DEBIAN", "control")
    with open(control) as f:
        text = f.read()
    version = next(l.split()[1] for l in text.split("\n") if l.startswith("Version:"))
    with open(control, "w") as f:
        f.write(text.replace(f"Version: {version}", f"Version: {version}+next"))
    path = os.path.join(folder, "newer.deb")
    sh(["dpkg-deb", "--root-owner-group", "-b", tree, path])
    return path


# ----------------------------------------------------------------- the promises

def it_builds_to_the_same_bytes_twice(deb, *_):
    with tempfile.TemporaryDirectory() as other:
        sh(["sh", os.path.join(HERE, "deb.sh"), other, "another-place"])
        [again] = glob.glob(os.path.join(other, "tra-ce_*.deb"))
        need(filecmp.cmp(deb, again, shallow=False), "two builds differ")


def lintian_finds_nothing(deb, *_):
    out = sh(["lintian", "-I", "--pedantic", "--fail-on", "error,warning", *(["--allow-root"] if os.geteuid() == 0 else []),
              glob.glob(os.path.join(os.path.dirname(deb), "*.changes"))[0]])
    need(not [l for l in out.splitlines() if l.startswith(("E:", "W:"))], out)
    print("        " + (out.strip().replace("\n", "\n        ") or "lintian says nothing"))


def life(server, deb, base):
    """Install, use, upgrade, remove, purge."""
    d = Debian(base)
    try:
        d.run(f"apt-get update -qq; apt-get install -y {QUIET} curl procps iproute2 {' '.join(SERVERS[server])} >/dev/null")
        os.makedirs(d.path("var/www/html"), exist_ok=True)
        for n in os.listdir(d.path("var/www/html")):
            os.unlink(d.path(f"var/www/html/{n}"))
        with open(d.path("var/www/html/index.html"), "w") as f:
            f.write("the site that was there\n")
        before = others(d)
        shutil.copy(deb, d.path("root/tra-ce.deb"))
        shutil.copytree(os.path.join(HERE, "debian", "tests"), d.path("root/tests"))
        begin = time.time()
        d.run(f"cp /root/tra-ce.deb /var/cache/t.deb; apt-get install -y {QUIET} /var/cache/t.deb >/dev/null")
        changed = [p for p, h in others(d).items() if before.get(p, h) != h]
        need(not changed, "files of others were changed:", changed)
        out = d.run(f"FIRST_CHAIN_AT=/root/at /root/tests/first-chain {server}; "
                    "curl -s http://127.0.0.1/ >/root/page || true", net=False)
        print("        " + out.strip().replace("\n", "\n        "))
        took = float(d.read("root/at")) - begin
        print(f"        apt install to the first graded chain: {took:.1f} s")
        need(took <= MOST_S, "more than", MOST_S, "s")
        upgrade(d, deb, server)
        removal(d, server)
        print("        upgraded, removed, purged")
    finally:
        d.clear()


def upgrade(d, deb, server):
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(newer(deb, folder), d.path("var/cache/newer.deb"))
    with open(d.path("etc/tra-ce/tra-ce.conf"), "a") as f:
        f.write("\n[http]\naddress_rate = 90\n")
    with open(d.path("var/log/asked"), "w"):
        pass
    d.run(f"apt-get install -y {QUIET} /var/cache/newer.deb >/dev/null")
    need("address_rate = 90" in d.read("etc/tra-ce/tra-ce.conf"), "the admin's configuration is gone")
    need(d.run("tra-ce --json tenant list").count('"first"') == 1, "the data is not there after the upgrade")
    asked = d.read("var/log/asked")
    need(("lighttpd" if server == "lighttpd" else "apache2") in asked, "the server was not asked to reload:", asked)


def removal(d, server):
    d.run("apt-get remove -y -qq tra-ce >/dev/null")
    need(os.path.exists(d.path("var/lib/tra-ce/control.db")), "remove took the data")
    check = "lighttpd -tt -f /etc/lighttpd/lighttpd.conf" if server == "lighttpd" else "apache2ctl configtest"
    d.run(check)
    start = ("install -d -o www-data -m 750 /run/lighttpd; lighttpd -D -f /etc/lighttpd/lighttpd.conf & sleep 1; " if server == "lighttpd"
             else "apache2ctl start; sleep 1; ")
    page = d.run(start + "curl -s -m 5 http://127.0.0.1/", net=False)
    need("the site that was there" in page, "the other site is gone with us:", page[:200])
    d.run("apt-get purge -y -qq tra-ce >/dev/null")
    left = d.run("find / -xdev -path /proc -prune -o \\( -name '*tra-ce*' -o -name 'tra_ce*' \\) -print | "
                 "grep -v -e ^/root -e ^/var/cache -e ^/var/log/apt || true").split()
    need(not left, "left after the purge:", left)


def behind_lighttpd(deb, base):
    life("lighttpd", deb, base)


def behind_apache_and_mod_proxy_fcgi(deb, base):
    life("apache", deb, base)


def behind_apache_and_mod_fcgid(deb, base):
    life("fcgid", deb, base)


def with_no_server_there_one_comes_along(deb, base):
    d = Debian(base)
    try:
        shutil.copy(deb, d.path("var/cache/t.deb"))
        d.run(f"apt-get update -qq; apt-get install -y {QUIET} curl procps iproute2 /var/cache/t.deb >/dev/null")
        shutil.copytree(os.path.join(HERE, "debian", "tests"), d.path("root/tests"))
        d.run("/root/tests/first-chain lighttpd", net=False)
    finally:
        d.clear()


# With a kernel, a systemd and an Apache of its own: what units alone can show.
AS_UNITS = r"""
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
set -eu
ip link set lo up
fail() { echo "FAILED: $*"; systemctl --no-pager list-units 'tra-ce*'; journalctl --no-pager -n 30; exit 1; }
code() { curl -s -o /dev/null -m 20 -w '%{http_code}' "http://127.0.0.1/api/v1/$1"; }
systemctl is-active --quiet tra-ce.target tra-ce@webhooks.service || fail "nothing was started"
/root/tests/first-chain apache
[ "$(code chains)" = 401 ] || fail "no chains"
n=0; until [ "$(pgrep -c -x chains.fcgi)" = 2 ]; do n=$((n + 1)); [ $n -lt 50 ] || fail "not two of them"; sleep 0.1; done
kill -9 $(pgrep -x events.fcgi)
[ "$(code events)" = 401 ] || fail "whoever asked while a responder was started again was refused"
for p in $(pgrep '\.fcgi$'); do
	grep -q '^CapBnd:.0000000000000000$' /proc/$p/status && grep -q '^Seccomp:.2$' /proc/$p/status &&
	    grep -q '^NoNewPrivs:.1$' /proc/$p/status || fail "$(cat /proc/$p/comm) has kept privileges"
done
! journalctl --no-pager | grep 'forbidden system call' || fail "a responder needs what it gave up"
before=$(pgrep -x events.fcgi)
dpkg -i /var/cache/newer.deb >/dev/null
n=0; until [ "$(code events)" = 401 ] && [ "$(pgrep -x events.fcgi)" != "$before" ]; do n=$((n + 1)); [ $n -lt 50 ] || fail "the upgrade left the old one running"; sleep 0.2; done
systemctl is-active --quiet tra-ce.target tra-ce@events.socket || fail "the upgrade stopped it"
[ -z "$(systemctl --no-legend --failed)" ] || fail "units have failed"
dpkg -r tra-ce >/dev/null 2>&1
! pgrep '\.fcgi$' || fail "responders stay after the removal"
[ -z "$(ls /run/tra-ce)" ] || fail "sockets stay after the removal"
[ -e /var/lib/tra-ce/control.db ] || fail "the data went with it"
echo "ok      sockets, restart, second processes, privileges, upgrade, removal"
"""


def as_systemd_runs_it_behind_apache(deb, base):
    d = Debian(base)
    boot = None
    try:
        d.run(f"apt-get update -qq; apt-get install -y {QUIET} systemd systemd-sysv dbus apache2 curl procps iproute2 >/dev/null")
        shutil.copy(deb, d.path("var/cache/t.deb"))
        d.run(f"apt-get install -y {QUIET} /var/cache/t.deb >/dev/null")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(newer(deb, folder), d.path("var/cache/newer.deb"))
        shutil.copytree(os.path.join(HERE, "debian", "tests"), d.path("root/tests"))
        with open(d.path("root/units"), "w") as f:
            f.write(AS_UNITS)
        os.unlink(d.path("usr/sbin/policy-rc.d"))
        boot = subprocess.Popen(["systemd-nspawn", "-q", "-D", d.at, "-b", "--register=no", "--keep-unit", "--private-network"],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        init = first_child(boot)
        enter = ["env", "-i", "nsenter", "-t", str(init), "-a", "/bin/sh"]
        sh([*enter, "-c", "n=0; until [ $n = 600 ] || /bin/systemctl is-active --quiet apache2 tra-ce.target; do n=$((n + 1)); sleep 0.1; done"])
        print("        " + sh([*enter, "/root/units"]).strip().replace("\n", "\n        "))
    finally:
        if boot:
            boot.terminate()                        # systemd-nspawn ends the machine with itself
            boot.wait(60)
        d.clear()


def first_child(p):
    end = time.monotonic() + 30
    while time.monotonic() < end and p.poll() is None:
        with open(f"/proc/{p.pid}/task/{p.pid}/children") as f:
            for pid in f.read().split():
                with open(f"/proc/{pid}/comm") as c:
                    if c.read().strip() == "systemd":
                        return int(pid)
        time.sleep(0.1)
    raise Broken("systemd does not boot in a container here")


PROMISES = [it_builds_to_the_same_bytes_twice, lintian_finds_nothing, behind_lighttpd, behind_apache_and_mod_proxy_fcgi,
            behind_apache_and_mod_fcgid, with_no_server_there_one_comes_along, as_systemd_runs_it_behind_apache]


def main(folder, *only):
    promises = PROMISES
    if os.geteuid() != 0:
        promises = PROMISES[:2]
        print("skipped: a Debian to install into can be made by root alone")
    [deb] = glob.glob(os.path.join(os.path.abspath(folder), "tra-ce_*.deb"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as at:
        base, chosen = os.path.join(at, "base.tar"), [f for f in promises if not only or any(o in f.__name__ for o in only)]
        if any(f not in PROMISES[:2] for f in chosen):
            sh(["mmdebstrap", "--variant=apt", "--mode=root", "--quiet", SUITE, base])
        for f in chosen:
            begin = time.monotonic()
            try:
                f(deb, base)
                word, passed = "ok", passed + 1
            except (Broken, subprocess.TimeoutExpired) as e:
                word, failed = "FAILED", failed + 1
                print("        " + str(e).replace("\n", "\n        "))
            print(f"{word:8}{f.__name__}  {time.monotonic() - begin:.0f} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
