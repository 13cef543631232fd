#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make deb-test [SCENARIO=NAME...]: debtest.py FOLDER [NAME...], with the package
that `make deb` made in FOLDER.

  build     it is built once more elsewhere, as somebody else, in another year,
            and must be the same; lintian finds no error and no warning
  lighttpd  in a fresh Debian it is installed beside sites that are there, used by
  apache    the words of README.Debian (debian/tests/first-chain), upgraded over
  fcgid     the store of an old program, removed and purged, and those sites say
            the same all the while; then debian/tests is run by autopkgtest on a
            machine with systemd. apache is mod_proxy_fcgi, fcgid mod_fcgid
  around    no server there, both there, a site that has /api/v1 itself

All but the first as root. Last line: "N passed, N failed".
"""
import filecmp, glob, hashlib, os, pwd, re, shutil, sqlite3, sys, tempfile, time, traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests", "store"))
import lay
import neighbour
from machine import Broken, Debian, QUIET, SERVERS, bootstrap, need, sh

MOST_S = 120                    # from `apt install` to the first graded chain
OLD = {"lighttpd": "v1", "apache": "v2", "fcgid": "v3"}    # the store that each upgrade meets
WWW_DATA = 33


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


def ours(d, name="/var/cache/tra-ce.deb"):
    """As an admin types it: nothing answers questions, and nobody could."""
    said = d.run(f"apt-get install -y {QUIET} {name} <&-")
    need("?" not in said, "something was asked:", said)
    return said


# ----------------------------------------------------------------- the promises

def it_builds_to_the_same_bytes_twice(deb, *_):
    """In another folder of another length, at another time, by another user with another home, umask, locale and
    time zone, by more processes, with addresses where they always are."""
    with tempfile.TemporaryDirectory() as out:
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "POSIX",
               "USER": "nobody", "JOBS": "3", "NO_FAKE_STAT": "1"}     # make compares the times of files
        words = ["faketime", "-f", "+400d", "setarch", "-R", "sh", "-c", 'umask 0027; exec sh "$@"', "sh",
                 os.path.join(HERE, "deb.sh"), os.path.join(out, "a", "longer", "place"), "another-name"]
        who = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            source = os.path.join(out, "source")        # where nobody may read it
            shutil.copytree(os.path.dirname(HERE), source, ignore=shutil.ignore_patterns("build*", "var", ".git"))
            words[words.index(os.path.join(HERE, "deb.sh"))] = os.path.join(source, "packaging", "deb.sh")
            sh(["chmod", "-R", "a+rX", out])
            os.chown(out, nobody.pw_uid, nobody.pw_gid)
            who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        sh(words, env=env, cwd=out, **who)
        [again] = glob.glob(os.path.join(out, "a", "longer", "place", "tra-ce_*.deb"))
        need(filecmp.cmp(deb, again, shallow=False), "two builds differ")
        with open(deb, "rb") as f:
            print(f"        sha256 {hashlib.sha256(f.read()).hexdigest()}")


def lintian_finds_nothing(deb, *_):
    out = sh(["lintian", "-I", "--pedantic", "--fail-on", "error,warning", *(["--allow-root"] if os.geteuid() == 0 else []),
              glob.glob(os.path.join(os.path.dirname(deb), "*.changes"))[0]])
    need(not [l for l in out.splitlines() if l.startswith(("E:", "W:"))], out)
    print("        " + (out.strip().replace("\n", "\n        ") or "lintian says nothing"))


def life(server, deb, base):
    """Install, use, upgrade, remove, purge."""
    d = Debian(base)
    try:
        d.install(*SERVERS[server])
        asked = neighbour.settle(d, server)
        said, files = neighbour.answers(d, server, asked), others(d)
        need(all(a.startswith("HTTP/1.1 ") for a in said.values()), said)

        def same(when):
            wrong = neighbour.differ(said, neighbour.answers(d, server, asked))
            need(not wrong, when, "another site answers otherwise:", *wrong)

        shutil.copytree(os.path.join(HERE, "debian", "tests"), d.path("root/tests"))
        begin = time.time()
        need("tra-ce admin create" in ours(d), "nobody is told of the panel's token")
        changed = [p for p, h in others(d).items() if files.get(p, h) != h]
        need(not changed, "files of others were changed:", changed)
        print("        " + d.run(f"FIRST_CHAIN_AT=/root/at /root/tests/first-chain {server}").strip().replace("\n", "\n        "))
        took = float(d.read("root/at")) - begin
        print(f"        apt install to the first graded chain: {took:.1f} s")
        need(took <= MOST_S, "more than", MOST_S, "s")
        same("installed:")
        upgrade(d, deb, server)
        same("upgraded:")
        d.run("apt-get remove -y -qq tra-ce >/dev/null")
        need(os.path.exists(d.path("var/lib/tra-ce/control.db")), "remove took the data")
        d.run("lighttpd -tt -f /etc/lighttpd/lighttpd.conf" if server == "lighttpd" else "apache2ctl configtest 2>&1")
        same("removed:")
        purged(d)
        same("purged:")
        print(f"        {len(asked)} answers of the sites that were there: the same bytes installed, upgraded, removed, purged")
    finally:
        d.clear()


def purged(d):
    d.run("apt-get purge -y -qq tra-ce >/dev/null")
    left = d.run("find / -xdev -path /proc -prune -o \\( -name '*tra-ce*' -o -name 'tra_ce*' \\) -print | "
                 "grep -v -e ^/root -e ^/var/cache -e ^/var/log/apt || true").split()
    need(not left, "left after the purge:", left)


def versions(d):
    """The version of each file of the store, by its name."""
    out = {}
    for path in glob.glob(d.path("var/lib/tra-ce/*.db")) + glob.glob(d.path("var/lib/tra-ce/tenants/*/graph.db")):
        db = sqlite3.connect(path)
        out[os.path.basename(path)] = db.execute("PRAGMA user_version").fetchone()[0]
        db.close()
    return out


def upgrade(d, deb, server):
    """The store is that of an old program; the newer package makes it today's, and it goes on."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(newer(deb, folder), d.path("var/cache/newer.deb"))
    today, store = versions(d), d.path("var/lib/tra-ce")
    for name in os.listdir(store):
        if name != ".lighttpd":
            sh(["rm", "-rf", os.path.join(store, name)])
    said = lay.lay(OLD[server], store)
    sh(["chown", "-R", f"{WWW_DATA}:{WWW_DATA}", store])
    was = versions(d)
    need(was != today, "it is of today's version already:", was)
    d.write("etc/tra-ce/tra-ce.conf", "\n[http]\naddress_rate = 90\n", add=True)
    d.write("var/log/asked", "")
    ours(d, "/var/cache/newer.deb")
    need(versions(d) == today, "the upgrade leaves", versions(d), "not", today)
    need("address_rate = 90" in d.read("etc/tra-ce/tra-ce.conf"), "the admin's configuration is gone")
    need(neighbour.of(server) in d.read("var/log/asked"), "the server was not asked to reload:", d.read("var/log/asked"))
    words = neighbour.start(server) + ("" if server != "apache" else by_hand(d))
    ask = lambda key, path: f"echo '='; curl -s -m 60 -w '\\n%{{http_code}}' -H 'X-API-Key: {said['keys'][key]}' http://127.0.0.1/api/v1{path}; "
    parts = d.run(words + "sleep 1; " + "".join(ask("sender", f"/chains/{c['chain_id']}") for c in said["chains"]) + ask("gone", "/chains") +
                  "echo '='; tra-ce doctor; tra-ce --json tenant list; kill $started 2>/dev/null || true").split("=\n")[1:]
    for c, part in zip(said["chains"], parts):
        need(part.strip().endswith("200") and f'"chain_id":"{c["chain_id"]}"' in part and all(n in part for n in c["nodes"]), part[:400])
    need(parts[-2].strip().endswith("401"), "a revoked key lives:", parts[-2][:300])
    need("all is sound" in parts[-1] and '"acme"' in parts[-1], parts[-1])
    print(f"        upgraded over the store of an old program: {was} -> {today}; {len(said['chains'])} chains, keys and data stay")


def by_hand(d):
    """Where no systemd starts them: the lines of README.Debian."""
    lines = re.search(r"(?m)^  # install -d /run/tra-ce\n(?:.*\n)*?    done\n", d.read("usr/share/doc/tra-ce/README.Debian"))[0]
    d.write("root/by-hand", re.sub(r"(?m)^  (# )?", "", lines))
    return "sh -eu /root/by-hand >/dev/null; started=$(pgrep -u www-data -f /usr/lib/tra-ce/fcgi/); "


def behind_lighttpd(deb, base):
    life("lighttpd", deb, base)


def behind_apache_and_mod_proxy_fcgi(deb, base):
    life("apache", deb, base)


def behind_apache_and_mod_fcgid(deb, base):
    life("fcgid", deb, base)


def with_no_server_there_it_says_what_to_do_and_one_comes_along(deb, base):
    d = Debian(base)
    try:
        said = d.run(f"apt-get install -y {QUIET} --no-install-recommends /var/cache/tra-ce.deb <&-")
        need("Install lighttpd or apache2" in said, "nobody is told what is missing:", said)
        d.run("tra-ce tenant add early >/dev/null")
        d.install("lighttpd")
        shutil.copytree(os.path.join(HERE, "debian", "tests"), d.path("root/tests"))
        d.run("/root/tests/first-chain lighttpd")
    finally:
        d.clear()


# What came by one is told by the other.
BOTH = r"""
until curl -s -o /dev/null http://127.0.0.1:8080/; do sleep 0.1; done
key=$(tra-ce --json tenant add t | sed 's/.*"key":"\([^"]*\)".*/\1/')
curl -s -H "X-API-Key: $key" -H 'Content-Type: application/x-ndjson' --data-binary @/usr/share/tra-ce/sample/windows.ndjson \
    'http://127.0.0.1:8080/api/v1/events?source=windows'
for port in 80 8080; do
	echo; echo =
	curl -s -H "X-API-Key: $key" -d '' http://127.0.0.1:$port/api/v1/causal/analyze | grep -o '"chain_id":"[^"]*"' | sort -u
done
"""


def with_both_servers_there_both_serve(deb, base):
    d = Debian(base)
    try:
        d.install(*SERVERS["lighttpd"], *SERVERS["fcgid"])
        conf = d.read("etc/lighttpd/lighttpd.conf")
        d.write("etc/lighttpd/lighttpd.conf", re.sub(r"(?m)^server.port .*", "server.port = 8080", conf))
        ours(d)
        d.write("root/both", BOTH)
        out = d.run(neighbour.start("fcgid") + neighbour.start("lighttpd") + "sh -eu /root/both")
        sent, apache, lighttpd = [part.strip() for part in out.split("=\n")]
        need('"rejected":0' in sent and apache and apache == lighttpd, out[:600])
    finally:
        d.clear()


def a_site_that_has_our_paths_keeps_them(server, base):
    """It is told at install, and README.Debian's way to a host name of one's own works."""
    d = Debian(base)
    try:
        d.install(*SERVERS[server])
        asked = neighbour.settle(d, server, claims=True)
        before = neighbour.answers(d, server, asked)
        need('{"posts": []}' in before["blog.example /api/v1/posts"], before)
        said = ours(d)
        need("nothing of" in said and "blog" in said, "nobody is told:", said)
        wrong = neighbour.differ(before, neighbour.answers(d, server, asked))
        need(not wrong, "installed:", *wrong)
        own_host(d, server)
        health = d.run(neighbour.start(server) + "curl -s -m 20 -H 'Host: tra-ce.example' http://127.0.0.1/api/v1/health")
        need('"status"' in health, "not there under its own name:", health[:400])
        wrong = neighbour.differ(before, neighbour.answers(d, server, asked))
        need(not wrong, "under a name of its own:", *wrong)
        d.run("apt-get remove -y -qq tra-ce >/dev/null")
        wrong = neighbour.differ(before, neighbour.answers(d, server, asked))
        need(not wrong, "removed:", *wrong)
        d.run("apt-get purge -y -qq tra-ce >/dev/null")
        wrong = neighbour.differ(before, neighbour.answers(d, server, asked))
        need(not wrong, "purged:", *wrong)
    finally:
        d.clear()


def own_host(d, server):
    text = re.search(r"(?s)\nA host name of its own\n-+\n(.*?)\n\n\n", d.read("usr/share/doc/tra-ce/README.Debian"))[1]
    part = text[:text.index("\nApache")] if server == "lighttpd" else text[text.index("\nApache"):]
    d.write("root/own-host", "".join(re.sub(r"^  (# |  )?", "", l) + "\n" for l in part.split("\n") if l.startswith("  ")))
    d.run("sh -u /root/own-host 2>&1")       # to disable what is off is 2, and no fault
    if server != "lighttpd":
        line = re.search(r'"(IncludeOptional [^"]*)"', part)[1]
        d.write("etc/apache2/sites-available/own.conf", f"<VirtualHost *:80>\nServerName tra-ce.example\n{line}\n</VirtualHost>\n")
        d.run("a2ensite -q own")


def a_lighttpd_site_that_has_our_paths_keeps_them(deb, base):
    a_site_that_has_our_paths_keeps_them("lighttpd", base)


def an_apache_site_that_has_our_paths_keeps_them(deb, base):
    a_site_that_has_our_paths_keeps_them("fcgid", base)


# On a booted machine, after its autopkgtest: what units alone can show.
AS_UNITS = r"""
set -eu
fail() { echo "FAILED: $*"; systemctl --no-pager list-units 'tra-ce*'; journalctl --no-pager -n 30; exit 1; }
code() { curl -s -o /dev/null -m 20 -w '%{http_code}' "http://127.0.0.1/api/v1/$1"; }
systemctl is-active --quiet tra-ce.target tra-ce@webhooks.service || fail "nothing was started"
units=0
for u in $(systemctl list-units --all --no-legend --plain 'tra-ce*.service' | cut -d' ' -f1); do
	systemd-analyze security --no-pager --threshold=25 "$u" >/dev/null || fail "$u is exposed: $(systemd-analyze security --no-pager "$u" | tail -n 1)"
	units=$((units + 1))
done
[ $units -gt 5 ] || fail "only $units services"
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
dpkg -i /var/cache/newer.deb >/dev/null 2>&1
n=0; until [ "$(code events)" = 401 ] && [ "$(pgrep -x events.fcgi)" != "$before" ]; do n=$((n + 1)); [ $n -lt 50 ] || fail "the upgrade left the old one running"; sleep 0.2; done
systemctl is-active --quiet tra-ce.target tra-ce@events.socket || fail "the upgrade stopped it"
[ -z "$(systemctl --no-legend --failed)" ] || fail "units have failed"
dpkg -r tra-ce >/dev/null 2>&1
! pgrep '\.fcgi$' || fail "responders stay after the removal"
[ -z "$(ls /run/tra-ce)" ] || fail "sockets stay after the removal"
[ -e /var/lib/tra-ce/control.db ] || fail "the data went with it"
echo "ok      sockets, restart, second processes, exposure of $units services, privileges, upgrade, removal"
"""


def tested(server, deb, base, then=""):
    """debian/tests by autopkgtest, on a machine with systemd that has neither server nor package yet."""
    d = Debian(base)
    try:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(newer(deb, folder), d.path("var/cache/newer.deb"))
        shutil.copytree(os.path.join(HERE, "debian"), d.path("root/tree/debian"))
        d.boot()
        out = d.inside(f"cd /root; autopkgtest -B --test-name={server} /var/cache/tra-ce.deb tree// -- null 2>&1 || echo exit $?")
        need(re.search(rf"(?m)^{server} +PASS$", out), out[-4000:])
        print("        " + "\n        ".join(l for l in out.splitlines() if l.startswith("ok  ") or "summary" in l or l.endswith("PASS")))
        if then:
            d.write("root/units", then)
            print("        " + d.inside("sh /root/units").strip().replace("\n", "\n        "))
    finally:
        d.clear()


def autopkgtest_passes_with_lighttpd(deb, base):
    tested("lighttpd", deb, base)


def autopkgtest_passes_with_apache(deb, base):
    tested("apache", deb, base, AS_UNITS)


def autopkgtest_passes_with_mod_fcgid(deb, base):
    tested("fcgid", deb, base)


SCENARIOS = {
    "build": [it_builds_to_the_same_bytes_twice, lintian_finds_nothing],
    "lighttpd": [behind_lighttpd, autopkgtest_passes_with_lighttpd],
    "apache": [behind_apache_and_mod_proxy_fcgi, autopkgtest_passes_with_apache],
    "fcgid": [behind_apache_and_mod_fcgid, autopkgtest_passes_with_mod_fcgid],
    "around": [with_no_server_there_it_says_what_to_do_and_one_comes_along, with_both_servers_there_both_serve,
               a_lighttpd_site_that_has_our_paths_keeps_them, an_apache_site_that_has_our_paths_keeps_them],
}


def main(folder, *chosen):
    unknown = set(chosen) - set(SCENARIOS)
    if unknown:
        sys.exit(f"no scenario {' '.join(unknown)}; there are {' '.join(SCENARIOS)}")
    chosen = [n for n in SCENARIOS if not chosen or n in chosen]
    if os.geteuid() != 0 and chosen != ["build"]:
        print("skipped: a Debian to install into can be made by root alone")
        chosen = [n for n in chosen if n == "build"]
    [deb] = glob.glob(os.path.join(os.path.abspath(folder), "tra-ce_*.deb"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as at:
        base = os.path.join(at, "base.tar")
        if chosen != ["build"]:
            begin = time.monotonic()
            bootstrap(deb, base)
            print(f"        a fresh Debian, with what is installed in it at hand  {time.monotonic() - begin:.0f} s", flush=True)
        for f in [f for n in chosen for f in SCENARIOS[n]]:
            begin = time.monotonic()
            try:
                f(deb, base)
                word, passed = "ok", passed + 1
            except Exception as e:
                word, failed = "FAILED", failed + 1
                why = str(e) if isinstance(e, Broken) else traceback.format_exc()
                print("        " + why.replace("\n", "\n        "))
            print(f"{word:8}{f.__name__}  {time.monotonic() - begin:.0f} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
