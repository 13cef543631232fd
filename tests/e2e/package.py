#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the package says agrees with the tree, and its units give away as little
as they promise. (`make deb-test` builds it and lives through its life.)"""
import glob, os, re, shutil, subprocess, sys, tempfile
import lab
from lab import ROOT, need

EXPOSURE_MOST = 2.5             # of systemd-analyze security: 0 nothing, 10 everything
RESPONDERS = sorted(os.path.basename(f)[:-2] for f in glob.glob(os.path.join(ROOT, "fcgi", "*.c")))


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def asks_others(name):
    return "CONFINE_NETWORK" in read("fcgi", name + ".c")


def installed():
    at = tempfile.mkdtemp(prefix="tra-ce-package-")
    r = subprocess.run(["make", "-s", "install-system", "DESTDIR=" + at, "BUILD=" + os.path.relpath(lab.BUILD, ROOT)], cwd=ROOT,
                       capture_output=True, text=True, timeout=60)
    need(r.returncode == 0, "make install-system:", r.stderr[-500:])
    return at


def build_depends_are_those_of_packages_txt(_):
    wanted = {l.split()[1] for l in read("packages.txt").splitlines() if l.startswith("build ")} - {"build-essential"}
    m = re.search(r"Build-Depends:\n((?: .*\n)+)", read("packaging", "debian", "control"))
    said = {l.strip(" ,").split(" ")[0] for l in m[1].splitlines()} - {"debhelper-compat"}
    need(said == wanted, "control and packages.txt differ:", said ^ wanted)


def its_version_is_the_programs(_):
    version = re.search(r'return "([0-9.]+)"', read("lib", "serve.c"))[1]
    need(read("packaging", "debian", "changelog").startswith(f"tra-ce ({version})"), "changelog:", version)


def every_responder_has_its_socket_and_who_asks_others_the_network(at):
    system = os.path.join(at, "lib/systemd/system")
    wants = set(re.findall(r"tra-ce@(\w+)\.socket", read("packaging", "systemd", "tra-ce.target")))
    need(wants == set(RESPONDERS), "tra-ce.target and fcgi/ differ:", wants ^ set(RESPONDERS))
    for unit in ("tra-ce@", "tra-ce-second@"):
        open_ = {d[len(unit):-len(".service.d")] for d in os.listdir(system)
                 if d.startswith(unit) and os.path.exists(os.path.join(system, d, "network.conf"))}
        need(open_ <= {r for r in RESPONDERS if asks_others(r)}, unit, "opens the network to who does not ask others:", open_)
        if unit == "tra-ce@":
            need(open_ == {r for r in RESPONDERS if asks_others(r)}, "who asks others has no network:", open_)


def every_unit_gives_away_little(at):
    if not shutil.which("systemd-analyze"):
        raise lab.Skip("systemd-analyze is not installed")
    root = os.path.join(at, "root")
    shutil.copytree(os.path.join(at, "lib/systemd/system"), os.path.join(root, "usr/lib/systemd/system"))
    worst = 0.0
    for unit in [f"{u}@{r}.service" for u in ("tra-ce", "tra-ce-second") for r in RESPONDERS]:
        r = subprocess.run(["systemd-analyze", "security", "--offline=true", "--root=" + root, "--no-pager",
                            f"--threshold={EXPOSURE_MOST * 10:.0f}", unit], capture_output=True, text=True, timeout=30)
        m = re.search(r"exposure level for \S+: ([0-9.]+)", r.stdout)
        need(r.returncode == 0 and m, unit, r.stdout[-300:], r.stderr[-300:])
        worst = max(worst, float(m[1]))
        need(worst <= EXPOSURE_MOST, unit, "is exposed:", m[1])
    print(f"        the most exposed unit: {worst}")


def an_example_of_the_configuration_changes_nothing(at):
    text = open(os.path.join(at, "etc/tra-ce/tra-ce.conf")).read()
    need(re.search(r"(?m)^#data = ", text) and not re.search(r"(?m)^[a-z]", text), "a key is set in the conffile")
    env = dict(os.environ, TRACE_CONFIG=os.path.join(at, "etc/tra-ce/tra-ce.conf"))
    r = subprocess.run([os.path.join(lab.BUILD, "tra-ce"), "conf", "-T"], env=env, capture_output=True, text=True)
    need(r.returncode == 0, "it is refused:", r.stderr)


def the_shells_completion_knows_the_subcommands(at):
    if not os.path.exists("/usr/share/bash-completion/bash_completion"):
        raise lab.Skip("bash-completion is not installed")
    ask = ('. /usr/share/bash-completion/bash_completion; . "$1"; COMP_WORDS=(tra-ce $2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); '
           'COMP_LINE="tra-ce $2"; COMP_POINT=${#COMP_LINE}; _tra_ce; echo "${COMPREPLY[@]}"')
    env = dict(os.environ, PATH=lab.BUILD + ":" + os.environ["PATH"])

    def complete(words):
        return subprocess.run(["bash", "-c", ask, "bash", os.path.join(at, "usr/share/bash-completion/completions/tra-ce"), words],
                              env=env, capture_output=True, text=True, timeout=20).stdout.split()
    need(complete("an") == ["analyze"], complete("an"))
    need("rotate" in complete("key r"), complete("key r"))
    need("--scopes" in complete("key add t --s"), complete("key add t --s"))


def main():
    at, failed = installed(), 0
    try:
        for f in (build_depends_are_those_of_packages_txt, its_version_is_the_programs,
                  every_responder_has_its_socket_and_who_asks_others_the_network, every_unit_gives_away_little,
                  an_example_of_the_configuration_changes_nothing, the_shells_completion_knows_the_subcommands):
            try:
                f(at)
                print("ok     ", f.__name__)
            except lab.Skip as e:
                print("skipped", f.__name__, e)
            except AssertionError as e:
                failed += 1
                print("FAILED ", f.__name__, e)
    finally:
        shutil.rmtree(at)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
