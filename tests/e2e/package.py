#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the package says agrees with the tree, and its units give away as little
as they promise. (`make deb-test` builds it and lives through its life.)"""
import glob, json, os, re, shutil, subprocess, sys, tempfile
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


def services(system):
    """Every service that is shipped, of templates one for each responder."""
    for file in sorted(os.listdir(system)):
        name, ending = os.path.splitext(file)
        if ending == ".service":
            yield from [name + r + ending for r in RESPONDERS] if name.endswith("@") else [file]


def every_unit_gives_away_little(at):
    if not shutil.which("systemd-analyze"):
        raise lab.Skip("systemd-analyze is not installed")
    root = os.path.join(at, "root")
    shutil.copytree(os.path.join(at, "lib/systemd/system"), os.path.join(root, "usr/lib/systemd/system"))
    worst, many = 0.0, 0
    for unit in services(os.path.join(at, "lib/systemd/system")):
        r = subprocess.run(["systemd-analyze", "security", "--offline=true", "--root=" + root, "--no-pager",
                            f"--threshold={EXPOSURE_MOST * 10:.0f}", unit], capture_output=True, text=True, timeout=30)
        m = re.search(r"exposure level for \S+: ([0-9.]+)", r.stdout)
        need(r.returncode == 0 and m, unit, r.stdout[-300:], r.stderr[-300:])
        worst, many = max(worst, float(m[1])), many + 1
        need(worst <= EXPOSURE_MOST, unit, "is exposed:", m[1])
    need(many == 2 * len(RESPONDERS) + 1, many, "services")
    print(f"        the most exposed of {many} services: {worst}")


def what_is_due_daily_is_done_with_systemd_and_without(at):
    system = os.path.join(at, "lib/systemd/system")
    timer = read("packaging", "systemd", "tra-ce-prune.timer")
    for line in ("Persistent=true", "RandomizedDelaySec=", "OnCalendar=", "WantedBy=timers.target"):
        need("\n" + line in timer, "tra-ce-prune.timer lacks", line)
    need(os.path.exists(os.path.join(system, "tra-ce-prune.service")), "what does it start?")
    need("tra-ce-prune.timer" in read("packaging", "debian", "rules"), "nobody switches it on")
    jobs = [l for l in read("packaging", "debian", "tra-ce.cron.d").splitlines() if re.match(r"[0-9*]", l)]
    need([l.split(" tra-ce ")[1].split()[0] for l in jobs] == ["prune", "webhook"], jobs)
    for l in jobs:
        need(l.split()[5] == "www-data" and "[ -d /run/systemd/system ] ||" in l and "[ ! -x /usr/bin/tra-ce ] ||" in l, "unguarded:", l)


def an_example_of_the_configuration_changes_nothing(at):
    text = open(os.path.join(at, "etc/tra-ce/tra-ce.conf")).read()
    need(re.search(r"(?m)^#data = ", text) and not re.search(r"(?m)^[a-z]", text), "a key is set in the conffile")
    env = dict(os.environ, TRACE_CONFIG=os.path.join(at, "etc/tra-ce/tra-ce.conf"))
    r = subprocess.run([os.path.join(lab.BUILD, "tra-ce"), "conf", "-T"], env=env, capture_output=True, text=True)
    need(r.returncode == 0, "it is refused:", r.stderr)


def tool_says(*words):
    r = subprocess.run([os.path.join(lab.BUILD, "tra-ce"), *words], capture_output=True, text=True, env=dict(os.environ, TRACE_CONFIG="/dev/null"))
    need(r.returncode == 0, words, r.stderr)
    return r.stdout


def subcommands():
    """name -> what the help says after it."""
    return {m[1]: m[2] for m in re.finditer(r"(?m)^  ([a-z]+) +\S.*\n((?:\t.*\n)+)", tool_says("--help"))}


def options(text):
    return set(re.findall(r"--[a-z][a-z-]*", text))


def the_help_names_every_option_that_the_tool_takes(_):
    by_file = {os.path.basename(f)[:-2]: set(re.findall(r'\{ "(--[a-z-]+)"', open(f).read())) for f in glob.glob(os.path.join(ROOT, "cli", "*.c"))}
    told = subcommands()
    need(set(re.findall(r'\n\t\{ "([a-z]+)", cmd_', read("cli", "main.c"))) == set(told), "subcommands:", sorted(told))
    same = {"chains": "analyze", "restore": "backup", "context": "list", "owners": "list", "backup": None}
    for name, about in told.items():
        file = same.get(name, name)
        need(options(about) == (by_file[file] if file else set()), name, options(about), "in the help, in the code", by_file.get(file))


def pages(at):
    folder = os.path.join(at, "man")
    r = subprocess.run([sys.executable, os.path.join(ROOT, "packaging/man/make.py"), os.path.join(lab.BUILD, "tra-ce"),
                        os.path.join(ROOT, "www/openapi.json"), folder], capture_output=True, text=True)
    need(r.returncode == 0, "man/make.py:", r.stderr)
    return folder


def shown(folder, name):
    """A page as a reader sees it, on one line."""
    if not shutil.which("groff"):
        raise lab.Skip("groff is not installed")
    r = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=4000n", "-rHY=0", os.path.join(folder, name)], capture_output=True, text=True)
    need(r.returncode == 0 and not r.stderr, name, r.stderr[-300:])
    return " ".join(r.stdout.replace("\u2010", "-").replace("\u2212", "-").split())


def the_manual_has_every_subcommand_and_option(at):
    text = shown(pages(at), "tra-ce.1")
    for name, about in subcommands().items():
        need(f" tra-ce {name} {' '.join(about.split())}".rstrip() + " " in text, "tra-ce(1) lacks", name, about)
    need(options(text) >= options(tool_says("--help")) - {"--help"}, "options:", options(tool_says("--help")) - options(text))
    invented = options(text) - options(tool_says("--help")) - {"--now"}     # systemctl's
    need(not invented, "tra-ce(1) invents", invented)
    need("tra-ce-prune.timer" in text, "tra-ce(1) does not tell of the timer")


def the_manual_has_every_key_of_the_configuration(at):
    text, sample, n = shown(pages(at), "tra-ce.conf.5"), tool_says("conf", "-T"), 0
    for line in sample.splitlines():
        key, _, value = line.partition(" = ")
        if re.fullmatch(r"[a-z_]+", key) and " = " in line:
            n += 1
            need(f" {key} = {value}".rstrip() in text, "tra-ce.conf(5) lacks", line)
        elif line:
            need(" ".join(line.lstrip("# ").split()) in text, "tra-ce.conf(5) lacks", line)
    need(n > 20, n, "keys")


def the_manual_has_every_operation(at):
    text = shown(pages(at), "tra-ce-api.7")
    for path, of in json.loads(read("www", "openapi.json"))["paths"].items():
        for method in set(of) & {"get", "post", "put", "patch", "delete"}:
            need(f" {method.upper()} /api/v1{path} " in text, "tra-ce-api(7) lacks", method, path)


def the_shells_completion_knows_the_tool(at):
    if not os.path.exists("/usr/share/bash-completion/bash_completion"):
        raise lab.Skip("bash-completion is not installed")
    ask = ('. /usr/share/bash-completion/bash_completion; . "$1"; shift; for line; do COMP_WORDS=($line); [[ $line != *" " ]] || COMP_WORDS+=(""); '
           'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$line; COMP_POINT=${#COMP_LINE}; COMPREPLY=(); _tra_ce; echo "${COMPREPLY[@]}"; done')
    env = dict(os.environ, PATH=lab.BUILD + ":" + os.environ["PATH"], TRACE_CONFIG="/dev/null")

    def complete(*lines):
        r = subprocess.run(["bash", "-c", ask, "bash", os.path.join(at, "usr/share/bash-completion/completions/tra-ce"), *lines],
                           cwd=at, env=env, capture_output=True, text=True, timeout=120)
        return [set(l.split()) for l in r.stdout.split("\n")[:-1]]
    told = subcommands()
    names = list(told)
    need(complete("tra-ce ")[0] == set(names) | {"--data", "--json", "--help"}, complete("tra-ce "))
    for name, got in zip(names, complete(*[f"tra-ce {n[:-1]}" for n in names])):
        need(name in got, name, "is not completed:", got)
    for name, got in zip(names, complete(*[f"tra-ce --data /x {n} --" for n in names])):
        need(got == options(told[name]), name, "options:", got, options(told[name]))
    for name, words in {"tenant": "add set list", "key": "add rotate revoke list", "context": "import show", "owners": "import show",
                        "admin": "create reset list remove", "audit": "list verify",
                        "webhook": "add list deliveries redeliver rotate remove send"}.items():
        need(complete(f"tra-ce {name} ")[0] == set(words.split()), name, complete(f"tra-ce {name} "))


def main():
    at, failed = installed(), 0
    try:
        for f in (build_depends_are_those_of_packages_txt, its_version_is_the_programs,
                  every_responder_has_its_socket_and_who_asks_others_the_network, every_unit_gives_away_little,
                  what_is_due_daily_is_done_with_systemd_and_without, an_example_of_the_configuration_changes_nothing,
                  the_help_names_every_option_that_the_tool_takes, the_manual_has_every_subcommand_and_option,
                  the_manual_has_every_key_of_the_configuration, the_manual_has_every_operation, the_shells_completion_knows_the_tool):
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
