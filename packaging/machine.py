# SPDX-License-Identifier: Apache-2.0
"""Debians to try the package in: unpacked from one tar file, each in namespaces
of its own. Nothing listens on this machine, nothing stays mounted.

  Debian      a folder with a Debian in it; run() is a shell in there, boot()
              starts its systemd, inside() is a shell on what was booted
"""
import os, shutil, subprocess, tempfile, time

SUITE = "bookworm"
PATIENCE = 900
QUIET = "-o Dpkg::Use-Pty=0 -o APT::Install-Recommends=true -qq"
# Fetched once, so that no Debian asks the network for anything.
SERVERS = {"lighttpd": ["lighttpd"], "apache": ["apache2", "spawn-fcgi"], "fcgid": ["apache2", "libapache2-mod-fcgid"]}
BOOTED = ["systemd", "systemd-sysv", "dbus", "autopkgtest", "dpkg-dev"]


class Broken(Exception):
    pass


def need(truth, *words):
    if not truth:
        raise Broken(" ".join(map(str, words)))


def sh(words, **kw):
    kw.setdefault("stdin", subprocess.DEVNULL)
    r = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=PATIENCE, **kw)
    need(r.returncode == 0, " ".join(words)[:200], "->", r.returncode, "\n" + r.stdout[-3000:])
    return r.stdout


def bootstrap(deb, base):
    """A Debian with what is installed in it later lying in its cache."""
    inside = f'chroot "$1" apt-get install -y {QUIET} --download-only'
    every = sorted({p for names in SERVERS.values() for p in names})
    sh(["mmdebstrap", "--variant=apt", "--mode=root", "--quiet", "--include=curl,procps,iproute2,sqlite3", "--skip=cleanup/apt",
        f'--customize-hook=cp {deb} "$1/var/cache/tra-ce.deb"',
        f"--customize-hook={inside} {' '.join(every)} /var/cache/tra-ce.deb >/dev/null",
        f"--customize-hook={inside} --no-install-recommends {' '.join(BOOTED)} >/dev/null", SUITE, base])


class Debian:
    def __init__(self, base):
        self.machine = None
        self.at = tempfile.mkdtemp(prefix="tra-ce-debian-")
        sh(["tar", "-xf", base, "-C", self.at])
        os.chmod(self.at, 0o755)
        # Services are not started; who asks for it is written down.
        self.write("usr/sbin/policy-rc.d", '#!/bin/sh\necho "$*" >>/var/log/asked\nexit 101\n', 0o755)
        self.write("etc/resolv.conf", "nameserver 127.0.0.1\n")
        self.write("etc/apt/apt.conf.d/99no-network", 'Acquire::Retries "0";\n')
        self.write("etc/dpkg/dpkg.cfg.d/unsafe-io", "force-unsafe-io\n")        # nobody mourns this one after a power cut

    def path(self, name):
        return os.path.join(self.at, name)

    def read(self, name):
        with open(self.path(name)) as f:
            return f.read()

    def write(self, name, text, mode=0o644, add=False):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "a" if add else "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def run(self, text, **kw):
        """There is only a loopback; what was started ends with the shell."""
        words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc=" + self.path("proc"), "--net",
                 "chroot", self.at, "/bin/sh", "-c", "ip link set lo up; " + text]
        return sh(words, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}, **kw)

    def install(self, *names, quiet=QUIET):
        self.run(f"DEBIAN_FRONTEND=noninteractive apt-get install -y {quiet} {' '.join(names)} >/dev/null")

    def boot(self):
        self.install(*BOOTED, quiet=QUIET + " --no-install-recommends")
        os.unlink(self.path("usr/sbin/policy-rc.d"))
        self.machine = subprocess.Popen(["systemd-nspawn", "-q", "-D", self.at, "-b", "--register=no", "--keep-unit", "--private-network",
                                         "--resolv-conf=off"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.init = first_child(self.machine)
        self.inside("n=0; until [ $n = 600 ] || systemctl is-system-running 2>/dev/null | grep -q -e running -e degraded; do n=$((n + 1)); sleep 0.1; done")

    def inside(self, text):
        return sh(["env", "-i", "nsenter", "-t", str(self.init), "-a", "/bin/sh", "-c",
                   "export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8; ip link set lo up; " + text])

    def clear(self):
        if self.machine:
            self.machine.terminate()                # systemd-nspawn ends the machine with itself
            self.machine.wait(60)
        need(not os.path.ismount(self.path("proc")), "something is mounted")
        shutil.rmtree(self.at, ignore_errors=True)


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
