# SPDX-License-Identifier: Apache-2.0
"""The ordinary day around the incident: boots, sign-ins, browsers, updates,
scheduled jobs, administrators at work."""
from scene import PEOPLE, Process, at

SYS = "C:\\Windows\\System32\\"
EDGE = r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe"
OFFICE = "C:\\Program Files\\Microsoft Office\\root\\Office16\\"
AGENT = r"C:\Program Files\Windows Defender\MsMpEng.exe"
SITES = [("www.kystvarsel.example", "192.0.2.31"), ("news.fjordposten.example", "192.0.2.44"),
         ("chat.haldenmarine.example", "203.0.113.25"), ("cdn.kontorapp.example", "192.0.2.90"),
         ("mail.haldenmarine.example", "203.0.113.21"), ("update.kontorapp.example", "192.0.2.91")]


def boot(h, t):
    """From the kernel to the services every later process hangs on."""
    sysuser = h.system()
    h.security(t, 4608, {})
    h.known["system"] = Process("{%08x-b2ff-69b0-eb03-000000000000}" % (0x9c3d0000 + h.machine), 4, "System", "", sysuser)
    h.sysmon(t + 900, 4, {"State": "Started", "Version": "15.14", "SchemaVersion": "4.90"})
    smss = h.spawn(t + 1000, SYS + "smss.exe", "", h.known["system"], sysuser, 0x3e7)
    h.spawn(t + 1400, SYS + "csrss.exe", "ObjectDirectory=\\Windows SharedSection=1024", smss, sysuser, 0x3e7)
    winit = h.spawn(t + 1500, SYS + "wininit.exe", "", smss, sysuser, 0x3e7)
    h.known["winlogon"] = h.spawn(t + 1800, SYS + "winlogon.exe", "", smss, sysuser, 0x3e7)
    h.known["services"] = h.spawn(t + 2000, SYS + "services.exe", "", winit, sysuser, 0x3e7)
    h.known["lsass"] = h.spawn(t + 2100, SYS + "lsass.exe", "", winit, sysuser, 0x3e7)
    h.known["lsass"].pid = 712
    for i, name in enumerate(("DcomLaunch", "RPCSS", "netsvcs", "LocalService", "NetworkService", "UnistackSvcGroup")):
        p = h.spawn(t + 3000 + i * 170, SYS + "svchost.exe", "-k %s -p" % name, h.known["services"], sysuser, 0x3e7)
        h.known["svchost" if name == "DcomLaunch" else "schedule" if name == "netsvcs" else name] = p
    h.known["defender"] = h.spawn(t + 6000, AGENT, "", h.known["services"], sysuser, 0x3e7)
    h.spawn(t + 6500, r"C:\Program Files\Spooler Plus\spoolsrv.exe", "--service", h.known["services"], sysuser, 0x3e7)


def come_in(h, t, who):
    """Somebody sits down: logon, shell, the programs that start by themselves."""
    luid = h.luid()
    h.session[who] = luid
    h.logon(t, who, luid, 2, "127.0.0.1", 0, h.short)
    init = h.spawn(t + 1900, SYS + "userinit.exe", "", h.known["winlogon"], h.user(who), luid)
    shell = h.spawn(t + 2300, r"C:\Windows\explorer.exe", "", init, h.user(who), luid)
    h.shell[who] = shell
    h.end(t + 29000, init)
    for i, (image, line) in enumerate(((OFFICE + "OUTLOOK.EXE", ""), (r"C:\Program Files\KontorApp\kontor.exe", "--tray"))):
        p = h.spawn(t + 40000 + i * 9000, image, line, shell, h.user(who), luid)
        h.known["outlook" if i == 0 else "kontor"] = p
        h.dns(t + 43000 + i * 9000, p, *SITES[4 if i == 0 else 5])
        h.connect(t + 43300 + i * 9000, p, SITES[4 if i == 0 else 5][1], 443, SITES[4 if i == 0 else 5][0])


def browse(h, t, who):
    r, u, s = h.w.r, h.user(who), h.session[who]
    p = h.spawn(t, EDGE, "", h.shell[who], u, s)
    for kind in ("gpu-process", "utility --utility-sub-type=network", "renderer"):
        h.spawn(t + r.randrange(200, 900), EDGE, "--type=" + kind, p, u, s)
    for i in range(r.randrange(1, 4)):
        name, ip = r.choice(SITES)
        h.dns(t + 1500 + i * 2000, p, name, ip)
        h.connect(t + 1600 + i * 2000, p, ip, 443, name)
    h.file(t + 9000, p, "C:\\Users\\%s\\AppData\\Local\\Microsoft\\Edge\\User Data\\Default\\Cache\\f_%06x" % (who, r.randrange(1 << 24)))
    h.end(t + r.randrange(120000, 900000), p)


def document(h, t, who):
    r, u, s = h.w.r, h.user(who), h.session[who]
    image, ext = r.choice(((OFFICE + "WINWORD.EXE", "docx"), (OFFICE + "EXCEL.EXE", "xlsx")))
    path = "C:\\Users\\%s\\Documents\\%s_%d.%s" % (who, r.choice(("Manifest", "Tariff", "Crew", "Invoice")), r.randrange(9000), ext)
    p = h.spawn(t, image, '"%s"' % path, h.known["outlook"] if r.randrange(5) == 0 else h.shell[who], u, s)
    h.load(t + 300, p, SYS + "msxml6.dll")
    h.file(t + 60000, p, path)
    h.registry(t + 500, p, "HKU\\%s\\Software\\Microsoft\\Office\\16.0\\Common\\Roaming\\Last" % h.sid(who), "DWORD (0x%08x)" % r.getrandbits(32))
    h.end(t + r.randrange(200000, 1200000), p)


def update(h, t):
    """The scheduler starts an updater; it asks, finds nothing, and ends."""
    p = h.spawn(t, r"C:\Program Files (x86)\Microsoft\EdgeUpdate\MicrosoftEdgeUpdate.exe", "/ua /installsource scheduler",
                h.known["schedule"], h.system(), 0x3e7)
    h.dns(t + 700, p, "edge-updates.example", "192.0.2.77")
    h.connect(t + 800, p, "192.0.2.77", 443, "edge-updates.example")
    h.registry(t + 950, p, r"HKLM\SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\LastChecked", "DWORD (0x%08x)" % (0x69b0b080 + t // 1000))
    h.end(t + 4000, p)


def routine(h, t):
    """What a host does to itself all day."""
    r = h.w.r
    pick = r.randrange(6)
    if pick == 0:
        h.access(t, h.known["defender"], h.known["lsass"], "0x1000", SYS + "ntdll.dll+9d234|" + AGENT[:-11] + "mpengine.dll+41f0")
    elif pick == 1:
        p = h.spawn(t, SYS + "backgroundTaskHost.exe", "-ServerName:App.AppX", h.known["svchost"], h.system(), 0x3e7)
        h.end(t + 5000, p)
    elif pick == 2:
        h.registry(t, h.known["NetworkService"], r"HKLM\System\CurrentControlSet\Services\Dnscache\Parameters\Probe\Last",
                   "DWORD (0x%08x)" % r.getrandbits(32))
    elif pick == 3:
        h.load(t, h.known["schedule"], SYS + r.choice(("taskschd.dll", "wevtapi.dll", "esent.dll")))
    elif pick == 4:
        h.file(t, h.known["schedule"], "C:\\Windows\\Prefetch\\%s.EXE-%08X.pf" % (r.choice(("SEARCHHOST", "SVCHOST", "MSEDGE")), r.getrandbits(32)))
    else:
        p = h.spawn(t, SYS + "taskhostw.exe", "", h.known["schedule"], h.system(), 0x3e7)
        h.end(t + 20000, p)


def file_server(srv, hosts, t):
    """Colleagues open shares; the night's copy job runs at half past one."""
    r = srv.w.r
    h, who = r.choice(hosts)
    luid, port = srv.luid(), r.randrange(49700, 65000)
    srv.logon(t, who, luid, 3, h, port, "WS-%s" % who.split(".")[0].upper())
    for i in range(r.randrange(1, 4)):
        srv.share(t + 40 + i * 900, who, luid, h, port, r.choice(("Charts", "Finance", "Crew")),
                  "%s\\%d.xlsx" % (r.choice(("2025", "2026")), r.randrange(800)))
    srv.logoff(t + r.randrange(60000, 600000), who, luid, 3)


def copy_job(srv, t):
    p = srv.spawn(t, SYS + "cmd.exe", r"/c C:\Jobs\nightly.cmd", srv.known["schedule"], srv.system(), 0x3e7)
    q = srv.spawn(t + 200, SYS + "robocopy.exe", r"D:\Crew \\NAS-01\backup\Crew /MIR /R:1", p, srv.system(), 0x3e7)
    srv.connect(t + 400, q, "10.20.4.40", 445, "NAS-01.halden.example")
    srv.end(t + 900000, q)
    srv.end(t + 900100, p)


def administer(srv, t, install=False):
    """A visit of the administrator, with the tools administrators use."""
    luid = srv.luid()
    srv.logon(t, "adm.sund", luid, 10, "10.20.2.5", 51544, "ADM-01")
    u = srv.user("adm.sund")
    init = srv.spawn(t + 1500, SYS + "userinit.exe", "", srv.known["winlogon"], u, luid, level="High")
    shell = srv.spawn(t + 1900, r"C:\Windows\explorer.exe", "", init, u, luid, level="High")
    mmc = srv.spawn(t + 30000, SYS + "mmc.exe", SYS + "services.msc", shell, u, luid, level="High")
    ps = srv.spawn(t + 90000, SYS + r"WindowsPowerShell\v1.0\powershell.exe", "", shell, u, luid, level="High")
    for i, (image, line) in enumerate((("ipconfig.exe", ""), ("sc.exe", "query spoolsrv"), ("net.exe", "share"))):
        p = srv.spawn(t + 120000 + i * 45000, SYS + image, line, ps, u, luid, level="High")
        srv.end(t + 120400 + i * 45000, p)
    if install:
        srv.service(t + 300000, "adm.sund", luid, "SpoolerPlus", r'"C:\Program Files\Spooler Plus\spoolsrv.exe" --service',
                    "auto start")
    srv.end(t + 500000, mmc)
    srv.end(t + 520000, ps)
    srv.logoff(t + 540000, "adm.sund", luid, 10)


def windows_day(w, ws, wk, srv):
    r = w.r
    for h, t in ((srv, at(3, 2, 11)), (ws, at(7, 21, 30)), (wk, at(7, 48, 2))):
        boot(h, t)
    come_in(ws, at(7, 31, 12), "mira.lund")
    come_in(wk, at(7, 55, 40), "kai.moen")
    for h, who in ((ws, "mira.lund"), (wk, "kai.moen")):
        for _ in range(16):
            browse(h, r.randrange(at(8, 5), at(16, 30)), who)
        for _ in range(14):
            document(h, r.randrange(at(8, 10), at(16)), who)
        for k in range(9):
            update(h, at(8, 4 + r.randrange(5)) + k * 3600000)
        for _ in range(190):
            routine(h, r.randrange(at(8), at(17)))
    for _ in range(200):
        routine(srv, r.randrange(at(3, 10), at(23, 50)))
    for k in range(20):
        update(srv, at(3, 40 + r.randrange(9)) + k * 3600000)
    people = [("10.20.7.%d" % (30 + i), p) for i, p in enumerate(PEOPLE) if not p.startswith("adm")]
    for _ in range(150):
        file_server(srv, people, r.randrange(at(7, 30), at(17)))
    copy_job(srv, at(4, 30))
    copy_job(srv, at(22, 30))
    administer(srv, at(8, 20), install=True)
    administer(srv, at(15, 5))


def okta_day(w, okta):
    r = w.r
    apps = ("Harbor Chat", "Ledger", "KontorApp", "Crew Planner")
    for i, name in enumerate(PEOPLE):
        who = dict(ip="203.0.113.10" if i % 4 else "203.0.113.%d" % (60 + i))
        for start in (at(7, 20) + r.randrange(5400000), at(12, 50) + r.randrange(5400000)):
            if r.randrange(7) == 0:
                okta.sign_in(start - 40000, name, ok=False, **who)
            s = okta.sign_in(start, name, **who)
            for _ in range(r.randrange(7, 12)):
                okta.sso(start + r.randrange(20000, 10000000), name, r.choice(apps), s, **who)
            okta.log(start + 12000000, "user.session.end", name, session=s, text="User logout from Okta", **who)
    for name, t in (("ola.berg", at(8, 31)), ("nina.holt", at(13, 12)), ("ola.berg", at(14, 40))):
        s = okta.sign_in(t - 90000, name)
        okta.sso(t, name, "AWS Account Federation", s)
    for i in range(12):
        okta.log(at(9) + i * 1900000, "group.user_membership.add", "adm.sund", target=r.choice(PEOPLE),
                 text="Add user to group membership")
    for i in range(22):
        okta.log(at(0, 17) + i * 3900000, "user.authentication.verify", r.choice(PEOPLE), text="Verify user identity")
    okta.log(at(10, 22), "user.account.update_password", "liv.dahl", target="liv.dahl", text="User update password for Okta")


def cloud_day(w, aws):
    r = w.r
    ci = aws.iam_user("ci-deploy", "AKIA" + w.letters(16))
    for k in range(24):
        t = at(k, 3 + r.randrange(6))
        for i in range(6):
            aws.call(t + i * 2300, ci, "s3.amazonaws.com", "PutObject",
                     {"bucketName": "halden-builds", "key": "site/%02d/part-%d.js" % (k, i)}, ip="203.0.113.12",
                     agent="aws-cli/2.15.10 Python/3.11.6 Linux/6.1", data=True)
    for k in range(48):
        t = at(0, 12) + k * 1800000
        fn = aws.assume(t, "lambda.amazonaws.com", "manifest-import", "manifest-import")
        for i in range(r.randrange(2, 5)):
            aws.call(t + 900 + i * 400, fn, "s3.amazonaws.com", "GetObject", {"bucketName": "halden-manifests",
                     "key": "inbox/%s.csv" % w.hex(8)}, ip="192.0.2.200", agent="Boto3/1.34.1 Lambda", data=True)
        aws.call(t + 4000, fn, "dynamodb.amazonaws.com", "DescribeTable", {"tableName": "manifests"}, ip="192.0.2.200",
                 agent="Boto3/1.34.1 Lambda")
    for name, t in (("ola.berg", at(8, 31, 4)), ("nina.holt", at(13, 12, 5)), ("ola.berg", at(14, 40, 3))):
        key = aws.saml(t, name, "PlatformEngineer", "203.0.113.10", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/122.0")
        for i in range(14):
            aws.call(t + 30000 + i * r.randrange(20000, 90000), key, r.choice(("ec2.amazonaws.com", "s3.amazonaws.com")),
                     r.choice(("DescribeInstances", "DescribeVolumes", "DescribeSecurityGroups")) if i % 3 else "ListBuckets")
    reports = aws.iam_user("svc-mail", "AKIA" + w.letters(16))
    for k in range(30):
        aws.call(at(6) + k * 1500000, reports, "ses.amazonaws.com", "GetSendQuota", ip="192.0.2.210", agent="Boto3/1.33.9")
    for k in range(8):
        aws.call(at(5, 50) + k * 7000000, reports, "ses.amazonaws.com", "ListIdentities", ip="192.0.2.210",
                 agent="Boto3/1.33.9", error="AccessDenied" if k == 3 else None)
