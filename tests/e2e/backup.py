#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tra-ce backup and restore: whole while events come in, checked, never half, never over what is there."""
import glob, hashlib, json, os, shutil, subprocess, sys, tempfile, threading

import lab
from lab import need


def tool(data, *words):
    return subprocess.run([os.path.join(lab.BUILD, "tra-ce"), "--data", data, "--json", *words],
                          capture_output=True, text=True, timeout=120)


def refused(data, *words, saying):
    r = tool(data, *words)
    need(r.returncode == 1 and not r.stdout and saying in r.stderr, words, r.returncode, r.stderr or r.stdout)


def folder():
    return os.path.join(tempfile.mkdtemp(prefix="tra-ce-backup-"), "b")


def files(path):
    return sorted(os.path.relpath(os.path.join(at, n), path) for at, _, names in os.walk(path) for n in names)


def everything(data, tenant):
    """What a tenant's store says: chains with their raw records, keys."""
    a = tool(data, "chains", "--tenant", tenant, "--raw")
    need(a.returncode == 0, a.stderr)
    keys = tool(data, "key", "list", tenant)
    return a.stdout, sorted(k["key_id"] for k in json.loads(keys.stdout)["keys"])


def a_copy_is_whole_and_checked(l):
    one, two = l.tenant("one"), l.tenant("two")
    one.send(lab.break_in(1, "backup"))
    two.send(lab.break_in(2, "backup"))
    to = folder()
    a = l.tool("backup", to)
    need(a["sound"] and a["tenants"] >= 2 and a["files"] == a["tenants"] + 2, a)
    need(files(to) == sorted(["backup.json", "control.db", "hooks.db"] + [os.path.relpath(p, l.data) for p in glob.glob(l.data + "/tenants/*/graph.db")]),
         files(to))
    with open(os.path.join(to, "backup.json")) as f:
        listed = json.load(f)
    for p in listed["files"]:
        with open(os.path.join(to, p["name"]), "rb") as f:
            data = f.read()
        need((len(data), hashlib.sha256(data).hexdigest()) == (p["bytes"], p["sha256"]), p)
        need(os.stat(os.path.join(to, p["name"])).st_mode & 0o027 == 0, p["name"], "is readable by others")
    need(os.stat(to).st_mode & 0o027 == 0, "the folder is open to others")
    for t in ("one", "two"):
        need(everything(to, t) == everything(l.data, t), t, "differs")
    shutil.rmtree(os.path.dirname(to))


def a_copy_is_one_moment_while_events_come_in(l):
    """Posters go on; whatever the copy holds is consistent, and holds all that was answered before it began."""
    t = l.tenant("busy")
    sent, stop, lock = [0], threading.Event(), threading.Lock()

    def post(n):
        c, i = lab.Client(l, t.key), 0
        while not stop.is_set():
            c.post("/events", {"events": [lab.sign_in(n * 10 ** 6 + i + k) for k in range(50)]}).want(200)
            i += 50
            with lock:
                sent[0] += 50
    crowd = [threading.Thread(target=post, args=(n,)) for n in range(4)]
    for p in crowd:
        p.start()
    try:
        for turn in range(3):
            lab.until(lambda: sent[0] > 200 * (turn + 1), 30)
            before, to = sent[0], folder()
            l.tool("backup", to)
            after = sent[0]
            r = tool(to, "doctor")
            need(r.returncode == 0 and json.loads(r.stdout)["ok"], r.stdout)
            n = json.loads(tool(to, "analyze", "--tenant", "busy").stdout)["analyzed_events"]
            need(before <= n <= after + 4 * 50 and n % 50 == 0, before, n, after)
            shutil.rmtree(os.path.dirname(to))
        need(after > before or sent[0] > after, "nobody wrote meanwhile")
    finally:
        stop.set()
        for p in crowd:
            p.join()


def it_is_never_written_over_anything(l):
    to = folder()
    l.tool("backup", to)
    was = {p: os.stat(os.path.join(to, p)).st_mtime_ns for p in files(to)}
    refused(l.data, "backup", to, saying="not empty")
    need(was == {p: os.stat(os.path.join(to, p)).st_mtime_ns for p in files(to)}, "something was changed")
    refused(l.data, "restore", to, saying="holds a store already")
    refused(l.data, "restore", to, "--overwrite", saying="stop the web server first")
    need(l.anyone().get("/health").status == 200, "the server has suffered")
    shutil.rmtree(os.path.dirname(to))


def it_comes_back_as_it_was(l):
    """Into an empty folder and over another store; what was there is kept; then the product serves it."""
    t = l.tenant("back")
    ids = t.send(lab.break_in(3, "backup"))
    was = everything(l.data, "back")
    s = t.stream().opened()
    t.send(lab.break_in(4, "backup"))
    need(s.wait(lambda: s.messages, 10), "no change was told")
    s.close()
    to, fresh = folder(), folder()
    l.tool("backup", to)
    t.send(lab.break_in(5, "after"))
    later, last = everything(l.data, "back"), t.stream("?since=0").opened()
    last.wait(lambda: last.messages, 5)
    last.close()
    given = max(last.ids() or [0])
    a = json.loads(tool(fresh, "restore", to).stdout)
    need(a["sound"] and a["kept"] is None, a)
    whole = everything(to, "back")
    need(everything(fresh, "back") == whole and whole != later and whole != was, "the fresh one differs")
    l.stop()
    a = json.loads(tool(l.data, "restore", to, "--overwrite").stdout)
    need(everything(a["kept"], "back") == later, "what was there is not kept")
    need(everything(l.data, "back") == whole and not os.path.exists(os.path.join(l.data, "restoring")), "differs")
    l.start()
    need(t.get(f"/events/{ids[0]}").want(200).json()["event_id"] == ids[0], "the old key does not find the old event")
    s = t.stream().opened()
    t.send(lab.break_in(6, "again"))
    need(s.wait(lambda: s.messages, 10) and min(s.ids()) > given, "a number was given twice:", s.ids(), given)
    s.close()
    need(tool(l.data, "doctor").returncode == 0, "the doctor")
    for p in (to, fresh):
        shutil.rmtree(os.path.dirname(p))


def one_that_was_cut_short_is_ended_by_doing_it_again(l):
    """Whatever it left: files of another backup, a WAL that still holds something, tenants that this one does not have."""
    to, fresh = folder(), folder()
    l.tenant("short").send(lab.break_in(8, "backup"))
    l.tool("backup", to)
    left = os.path.join(fresh, "restoring")
    shutil.copytree(to, left)
    for path in glob.glob(left + "/tenants/*/graph.db"):
        for end in ("-wal", "-shm", "-open"):
            with open(path + end, "wb") as f:
                f.write(b"not whole")
    shutil.copytree(os.path.dirname(path), os.path.join(left, "tenants", "a" * 26))
    a = json.loads(tool(fresh, "restore", to).stdout)
    need(a["sound"] and not os.path.exists(left) and not os.path.exists(os.path.join(fresh, "tenants", "a" * 26)), a, files(fresh))
    need(everything(fresh, "short") == everything(to, "short"), "differs")
    for p in (to, fresh):
        shutil.rmtree(os.path.dirname(p))


def what_cannot_be_written_or_read_is_told_as_that(l):
    """As nobody, who may look at nothing: neither "not empty" nor "no backup"."""
    if os.geteuid() != 0:
        raise lab.Skip("needs root, to become somebody else")
    at = tempfile.mkdtemp(prefix="tra-ce-backup-")
    data, mine = os.path.join(at, "data"), os.path.join(at, "mine")
    os.chmod(at, 0o755)
    os.mkdir(mine, 0o700)
    os.mkdir(data)
    os.chown(data, 65534, 65534)
    need(tool(data, "tenant", "add", "t").returncode == 0, "as root, for the folder's owner")
    refused(data, "backup", os.path.join(mine, "b"), saying="Permission denied")
    refused(data, "restore", mine, "--overwrite", saying="Permission denied")
    copy = shutil.copy(os.path.join(lab.BUILD, "tra-ce"), at)    # where that one may run it
    r = subprocess.run([copy, "--data", mine, "doctor"], capture_output=True, text=True, user=65534)
    need(r.returncode == 1 and "Permission denied" in r.stderr, r.stderr)
    shutil.rmtree(at)


def damage_is_found_before_anything_is_touched(l):
    to, fresh = folder(), folder()
    l.tenant("sound").send(lab.break_in(7, "backup"))
    l.tool("backup", to)
    graph = next(p for p in files(to) if p.endswith("graph.db"))
    path = os.path.join(to, graph)
    with open(path, "r+b") as f:
        f.seek(5000)
        byte = f.read(1)
        f.seek(5000)
        f.write(bytes([byte[0] ^ 1]))
    refused(fresh, "restore", to, saying=graph + ": is not the file that was written")
    need(not os.path.exists(fresh), "something was made")
    os.remove(path)
    refused(fresh, "restore", to, saying="No such file")
    listing = os.path.join(to, "backup.json")
    with open(listing) as f:
        text = f.read()
    for bad in (text.replace(graph, "../../etc/passwd"), text.replace(graph, "tenants/../x/graph.db"), text[:-10], "{}", "[]"):
        with open(listing, "w") as f:
            f.write(bad)
        refused(fresh, "restore", to, saying="damaged")
    os.remove(listing)
    refused(fresh, "restore", to, saying="no whole backup")
    need(not os.path.exists(fresh), "something was made")
    shutil.rmtree(os.path.dirname(to))


def a_damaged_store_gives_no_backup(l):
    """Rows that are lost: the copy would look whole; it is said, and no list makes a backup of it."""
    import sqlite3
    l.tenant("hurt").send([lab.sign_in(i) for i in range(20)])
    l.stop()
    for path in glob.glob(os.path.join(l.data, "tenants", "*", "graph.db")):
        db = sqlite3.connect(path)
        if db.execute("SELECT count(*) FROM event").fetchone() == (20,):
            with db:
                db.execute("DELETE FROM event WHERE ev = 3")
        db.close()
    to = folder()
    refused(l.data, "backup", to, saying="not sound")
    need("backup.json" not in files(to), files(to))
    refused(folder(), "restore", to, saying="no whole backup")
    shutil.rmtree(os.path.dirname(to))
    l.start()


if __name__ == "__main__":
    lab.main(a_copy_is_whole_and_checked, a_copy_is_one_moment_while_events_come_in, it_is_never_written_over_anything,
             it_comes_back_as_it_was,
             one_that_was_cut_short_is_ended_by_doing_it_again, what_cannot_be_written_or_read_is_told_as_that, damage_is_found_before_anything_is_touched, a_damaged_store_gives_no_backup)
