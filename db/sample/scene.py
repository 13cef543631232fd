# SPDX-License-Identifier: Apache-2.0
"""The stage of the sample: hosts, an identity provider and a cloud account that
write their records as the vendors' products do. Times are ms of the day."""
import hashlib
import json
import os
import random

DAY, COMPANY = "2026-03-11", "haldenmarine.example"
PEOPLE = ["mira.lund", "kai.moen", "jonas.eide", "petra.vik", "adm.sund", "ola.berg", "nina.holt", "tor.aas",
          "liv.dahl", "sara.nygaard", "emil.foss", "ida.ruud", "lars.strand", "eva.krogh"]
SYSMON = "Microsoft-Windows-Sysmon/Operational"
DOMAIN_SID = "S-1-5-21-1408123371-2210034411-901883445"


def at(h, m=0, s=0, ms=0):
    return ((h * 60 + m) * 60 + s) * 1000 + ms


def clock(t, digits=3):
    s, ms = divmod(t, 1000)
    text = "%s %02d:%02d:%02d" % (DAY, s // 3600, s // 60 % 60, s % 60)
    return text + (".%03d" % ms if digits else "")


def iso(t, digits=3):
    return clock(t, digits).replace(" ", "T") + "Z"


def digest(*words):
    return hashlib.sha256("\0".join(map(str, words)).encode()).hexdigest()


class World:
    """Random numbers, and every record with its time and file."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.records = {"okta": [], "cloudtrail": [], "windows": []}

    def hex(self, n):
        return "%0*x" % (n, self.r.getrandbits(4 * n))

    def letters(self, n, of="ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
        return "".join(self.r.choice(of) for _ in range(n))

    def uuid(self):
        h = self.hex(32)
        return "-".join((h[:8], h[8:12], "4" + h[13:16], "a" + h[17:20], h[20:]))

    def put(self, source, t, record):
        self.records[source].append((t, len(self.records[source]), record))

    def write(self, folder):
        numbers = {}
        for source, rows in self.records.items():
            rows.sort(key=lambda x: x[:2])
            with open(os.path.join(folder, source + ".ndjson"), "w", newline="\n") as f:
                for _, _, r in rows:
                    if "RecordNumber" in r:     # each channel of a host counts its own
                        k = (r["Hostname"], r["Channel"])
                        numbers[k] = numbers.get(k, 180000) + 1
                        r["RecordNumber"] = numbers[k]
                    f.write(json.dumps(r, separators=(",", ":"), ensure_ascii=False) + "\n")


class Process:
    def __init__(self, guid, pid, image, line, user):
        self.guid, self.pid, self.image, self.line, self.user = guid, pid, image, line, user


class Host:
    """A Windows host with Sysmon and the Security log, as a forwarder sends them."""

    def __init__(self, w, name, ip, machine):
        self.w, self.ip, self.name, self.machine = w, ip, "%s.halden.example" % name, machine
        self.short, self.count, self.known, self.shell, self.session = name, 0x1000, {}, {}, {}
        self.next_luid = 0x1f000 + (machine & 0xff) * 0x1000

    def user(self, name):
        return "HALDEN\\" + name

    def sid(self, name):
        return "%s-%d" % (DOMAIN_SID, 1100 + PEOPLE.index(name))

    def system(self):
        return "NT AUTHORITY\\SYSTEM"

    def service_account(self):
        return "NT AUTHORITY\\NETWORK SERVICE"

    def luid(self):
        self.next_luid += self.w.r.randrange(0x80, 0x4000)
        return self.next_luid

    def log(self, t, channel, number, fields, pid=4):
        r = {"EventTime": iso(t), "Hostname": self.name, "Channel": channel,
             "SourceName": channel.split("/")[0] if "/" in channel else
             "Microsoft-Windows-Security-Auditing" if channel == "Security" else "Service Control Manager",
             "EventID": number, "RecordNumber": 0, "ExecutionProcessID": pid}
        r.update(fields)
        self.w.put("windows", t, r)

    def sysmon(self, t, number, fields, rule="-"):
        r = {"RuleName": rule, "UtcTime": clock(t)}
        r.update(fields)
        self.log(t + 4, SYSMON, number, r, 3120)

    def security(self, t, number, fields):
        self.log(t, "Security", number, fields, 712)

    def new_process(self, t, image, line, user):
        self.count += self.w.r.randrange(3, 60)
        epoch = 0x69b0b080 + t // 1000
        guid = "{%08x-%04x-%04x-%04x-0000000%05x}" % (0x9c3d0000 + self.machine, epoch & 0xffff, epoch >> 16,
                                                      self.count & 0xffff, self.machine)
        line = ('"%s" %s' % (image, line) if " " in image else "%s %s" % (image, line)).strip()
        return Process(guid, self.w.r.randrange(300, 4000) * 4, image, line, user)

    def spawn(self, t, image, line, parent, user, luid, level="Medium", desc=None):
        p = self.new_process(t, image, line, user)
        name = image.rsplit("\\", 1)[1]
        system = user.startswith("NT AUTHORITY")
        self.sysmon(t, 1, {
            "ProcessGuid": p.guid, "ProcessId": p.pid, "Image": image,
            "Description": desc or name.rsplit(".", 1)[0], "OriginalFileName": name if desc is None else "-",
            "CommandLine": p.line, "CurrentDirectory": "C:\\Windows\\system32\\" if system else "C:\\Users\\%s\\" % user[7:],
            "User": user, "LogonGuid": "{%08x-0000-0000-%04x-%012x}" % (0x9c3d0000 + self.machine, luid & 0xffff, luid),
            "LogonId": "0x%x" % luid, "TerminalSessionId": 0 if system else 1,
            "IntegrityLevel": "System" if system else level, "Hashes": "SHA256=" + digest("image", image).upper(),
            "ParentProcessGuid": parent.guid, "ParentProcessId": parent.pid, "ParentImage": parent.image,
            "ParentCommandLine": parent.line, "ParentUser": parent.user})
        return p

    def end(self, t, p):
        self.sysmon(t, 5, {"ProcessGuid": p.guid, "ProcessId": p.pid, "Image": p.image, "User": p.user})

    def connect(self, t, p, ip, port, name="-", source=None):
        self.sysmon(t, 3, {"ProcessGuid": p.guid, "ProcessId": p.pid, "Image": p.image, "User": p.user,
                           "Protocol": "tcp", "Initiated": "true", "SourceIsIpv6": "false", "SourceIp": self.ip,
                           "SourceHostname": self.name, "SourcePort": source or self.w.r.randrange(49700, 65000),
                           "DestinationIsIpv6": "false", "DestinationIp": ip, "DestinationHostname": name,
                           "DestinationPort": port})

    def inbound(self, t, ip, source, port):
        s = self.known["system"]
        self.sysmon(t, 3, {"ProcessGuid": s.guid, "ProcessId": s.pid, "Image": "System", "User": s.user,
                           "Protocol": "tcp", "Initiated": "false", "SourceIsIpv6": "false", "SourceIp": ip,
                           "SourceHostname": "-", "SourcePort": source, "DestinationIsIpv6": "false",
                           "DestinationIp": self.ip, "DestinationHostname": self.name, "DestinationPort": port})

    def dns(self, t, p, name, ip):
        self.sysmon(t, 22, {"ProcessGuid": p.guid, "ProcessId": p.pid, "QueryName": name, "QueryStatus": "0",
                            "QueryResults": "::ffff:%s;" % ip, "Image": p.image, "User": p.user})

    def file(self, t, p, path):
        self.sysmon(t, 11, {"ProcessGuid": p.guid, "ProcessId": p.pid, "Image": p.image, "TargetFilename": path,
                            "CreationUtcTime": clock(t), "User": p.user})

    def stream(self, t, p, path, url):
        """What was downloaded and its hash, then the mark of the web, whose
        hash is that of the mark."""
        for name, what, text in ((path, ("image", path), "-"),
                                 (path + ":Zone.Identifier", ("zone", url), "[ZoneTransfer]  ZoneId=3  HostUrl=%s  " % url)):
            self.sysmon(t, 15, {"ProcessGuid": p.guid, "ProcessId": p.pid, "Image": p.image, "TargetFilename": name,
                                "CreationUtcTime": clock(t - 900), "Hash": "SHA256=" + digest(*what).upper(),
                                "Contents": text, "User": p.user})
            t += 1

    def registry(self, t, p, key, value):
        self.sysmon(t, 13, {"EventType": "SetValue", "ProcessGuid": p.guid, "ProcessId": p.pid, "Image": p.image,
                            "TargetObject": key, "Details": value, "User": p.user})

    def load(self, t, p, path):
        self.sysmon(t, 7, {"ProcessGuid": p.guid, "ProcessId": p.pid, "Image": p.image, "ImageLoaded": path,
                           "Hashes": "SHA256=" + digest("image", path).upper(), "Signed": "true",
                           "Signature": "Microsoft Windows", "SignatureStatus": "Valid", "User": p.user})

    def access(self, t, p, q, mask, trace):
        self.sysmon(t, 10, {"SourceProcessGUID": p.guid, "SourceProcessId": p.pid, "SourceThreadId": p.pid + 8,
                            "SourceImage": p.image, "TargetProcessGUID": q.guid, "TargetProcessId": q.pid,
                            "TargetImage": q.image, "GrantedAccess": mask, "CallTrace": trace, "SourceUser": p.user,
                            "TargetUser": q.user})

    def subject(self, who=None, luid=0x3e7):
        return {"SubjectUserSid": self.sid(who) if who else "S-1-5-18", "SubjectUserName": who or self.short + "$",
                "SubjectDomainName": "HALDEN", "SubjectLogonId": "0x%x" % luid}

    def logon(self, t, who, luid, kind, ip="-", port="-", station="-", guid=None):
        f = self.subject() if kind != 3 else {"SubjectUserSid": "S-1-0-0", "SubjectUserName": "-",
                                              "SubjectDomainName": "-", "SubjectLogonId": "0x0"}
        f.update({"TargetUserSid": self.sid(who), "TargetUserName": who, "TargetDomainName": "HALDEN",
                  "TargetLogonId": "0x%x" % luid, "LogonType": kind, "LogonProcessName": "NtLmSsp " if kind == 3 else "User32 ",
                  "AuthenticationPackageName": "NTLM" if kind == 3 else "Negotiate", "WorkstationName": station,
                  "LogonGuid": guid or "{00000000-0000-0000-0000-000000000000}", "ProcessId": "0x0" if kind == 3 else "0x2c8",
                  "ProcessName": "-" if kind == 3 else r"C:\Windows\System32\svchost.exe",
                  "IpAddress": ip, "IpPort": str(port), "ElevatedToken": "%%1842" if who.startswith("adm") else "%%1843"})
        self.security(t, 4624, f)
        if who.startswith("adm"):
            self.security(t, 4672, dict(self.subject(who, luid), PrivilegeList="SeSecurityPrivilege SeBackupPrivilege "
                                        "SeRestorePrivilege SeDebugPrivilege"))

    def logoff(self, t, who, luid, kind):
        self.security(t, 4634, {"TargetUserSid": self.sid(who), "TargetUserName": who, "TargetDomainName": "HALDEN",
                                "TargetLogonId": "0x%x" % luid, "LogonType": kind})

    def share(self, t, who, luid, ip, port, share, path):
        f = self.subject(who, luid)
        f.update({"ObjectType": "File", "IpAddress": ip, "IpPort": str(port), "ShareName": "\\\\*\\" + share,
                  "ShareLocalPath": "\\??\\C:\\Windows" if share == "ADMIN$" else "\\??\\D:\\" + share,
                  "RelativeTargetName": path, "AccessMask": "0x2", "AccessList": "%%4417 "})
        self.security(t, 5145, f)

    def allowed(self, t, p, ip, port, source):
        self.security(t, 5156, {"ProcessID": p.pid, "Application": "\\device\\harddiskvolume3" + p.image[2:].lower(),
                                "Direction": "%%14593", "SourceAddress": self.ip, "SourcePort": str(source),
                                "DestAddress": ip, "DestPort": str(port), "Protocol": 6, "LayerName": "%%14611"})

    def service(self, t, who, luid, name, path, kind="demand start"):
        f = self.subject(who, luid)
        f.update({"ServiceName": name, "ServiceFileName": path, "ServiceType": "0x10", "ServiceStartType": 3,
                  "ServiceAccount": "LocalSystem"})
        self.security(t, 4697, f)
        self.log(t + 2, "System", 7045, {"ServiceName": name, "ImagePath": path, "ServiceType": "user mode service",
                                         "StartType": kind, "AccountName": "LocalSystem", "UserID": self.sid(who) if who else "S-1-5-18"}, 660)


class Okta:
    """An Okta org's System Log."""

    def __init__(self, w):
        self.w = w
        self.ids = {p: "00u" + digest("okta", p)[:17] for p in PEOPLE}

    def log(self, t, kind, name, result="SUCCESS", session=None, target=None, app=None, reason=None, text=None,
            ip="203.0.113.10", agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/122.0", device=None,
            place=("Oslo", "Norway"), debug=None):
        d = {"requestId": self.w.hex(32), "requestUri": "/api/v1/authn" if "session" in kind else "/app/sso",
             "deviceFingerprint": device or digest("device", name)[:16]}
        d.update(debug or {})
        targets = [{"id": self.ids[target], "type": "User", "alternateId": "%s@%s" % (target, COMPANY),
                    "displayName": target}] if target else []
        if app:
            targets.append({"id": "0oa" + digest("app", app)[:17], "type": "AppInstance", "alternateId": app,
                            "displayName": app})
        self.w.put("okta", t, {
            "actor": {"id": self.ids[name], "type": "User", "alternateId": "%s@%s" % (name, COMPANY),
                      "displayName": name.replace(".", " ").title(), "detailEntry": None},
            "client": {"userAgent": {"rawUserAgent": agent, "os": "Windows 10", "browser": "EDGE"}, "zone": "null",
                       "device": "Computer", "id": None, "ipAddress": ip,
                       "geographicalContext": {"city": place[0], "country": place[1]}},
            "authenticationContext": {"authenticationProvider": None, "credentialType": None,
                                      "externalSessionId": session or "unknown"},
            "displayMessage": text or kind, "eventType": kind,
            "outcome": {"result": result, "reason": reason}, "published": iso(t),
            "securityContext": {"isProxy": False}, "severity": "INFO" if result == "SUCCESS" else "WARN",
            "debugContext": {"debugData": d}, "legacyEventType": None,
            "transaction": {"type": "WEB", "id": self.w.letters(24), "detail": {}}, "uuid": self.w.uuid(),
            "version": "0", "request": {"ipChain": [{"ip": ip, "version": "V4", "source": None}]}, "target": targets or None})

    def sign_in(self, t, name, ok=True, mfa=True, debug=None, **who):
        if not ok:
            self.log(t, "user.session.start", name, "FAILURE", reason="INVALID_CREDENTIALS", debug=debug, **who)
            return None
        s = "102" + self.w.letters(19)
        self.log(t, "user.session.start", name, session=s, text="User login to Okta", debug=debug, **who)
        if mfa:
            self.log(t + 7200, "user.authentication.auth_via_mfa", name, session=s,
                     text="Authentication of user via MFA", debug={"factor": "FIDO_WEBAUTHN"}, **who)
        return s

    def sso(self, t, name, app, session, **who):
        self.log(t, "user.authentication.sso", name, session=session, app=app, text="User single sign on to app", **who)


class Key:
    """An access key and whom it speaks for."""

    def __init__(self, key, identity):
        self.key, self.identity = key, identity


class Cloud:
    """One AWS account's CloudTrail."""

    account, region = "210987654321", "eu-north-1"

    def __init__(self, w):
        self.w = w

    def record(self, t, identity, service, name, ip, agent, request=None, answer=None, data=False, error=None, **more):
        r = {"eventVersion": "1.09", "userIdentity": identity, "eventTime": iso(t, 0),
             "eventSource": service, "eventName": name, "awsRegion": self.region, "sourceIPAddress": ip,
             "userAgent": agent, "requestParameters": request, "responseElements": answer}
        if error:
            r["errorCode"], r["errorMessage"] = error, "User is not authorized to perform: " + name
        r.update(more)
        r.update({"requestID": self.w.uuid(), "eventID": self.w.uuid(),
                  "readOnly": name.startswith(("Get", "List", "Describe", "Head", "Lookup")),
                  "eventType": "AwsApiCall", "managementEvent": not data, "recipientAccountId": self.account,
                  "eventCategory": "Data" if data else "Management"})
        self.w.put("cloudtrail", t, r)

    def iam_user(self, name, key):
        return Key(key, {"type": "IAMUser", "principalId": "AIDA" + digest("aida", name)[:16].upper(),
                         "arn": "arn:aws:iam::%s:user/%s" % (self.account, name), "accountId": self.account,
                         "accessKeyId": key, "userName": name})

    def role_key(self, t, role, name):
        key, rid = "ASIA" + self.w.letters(16), "AROA" + digest("role", role)[:17].upper()
        base = "arn:aws:iam::%s:role/%s" % (self.account, role)
        return Key(key, {"type": "AssumedRole", "principalId": "%s:%s" % (rid, name),
                         "arn": "arn:aws:sts::%s:assumed-role/%s/%s" % (self.account, role, name),
                         "accountId": self.account, "accessKeyId": key,
                         "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": rid, "arn": base,
                                                              "accountId": self.account, "userName": role},
                                            "attributes": {"creationDate": iso(t, 0), "mfaAuthenticated": "false"}}})

    def issued(self, t, key):
        return {"accessKeyId": key.key, "sessionToken": "HIDDEN", "expiration": iso(t + 3600000, 0)}

    def saml(self, t, user, role, ip, agent):
        who, q = "%s@%s" % (user, COMPANY), "q7Ty0pLm2Xc="
        key = self.role_key(t, role, who)
        self.record(t, {"type": "SAMLUser", "principalId": "%s:%s" % (q, who), "userName": who, "identityProvider": q},
                    "sts.amazonaws.com", "AssumeRoleWithSAML", ip, agent,
                    {"sAMLAssertionID": "_" + self.w.hex(32), "roleSessionName": who, "durationSeconds": 3600,
                     "roleArn": key.identity["sessionContext"]["sessionIssuer"]["arn"],
                     "principalArn": "arn:aws:iam::%s:saml-provider/Okta" % self.account},
                    {"subjectType": "persistent", "issuer": "http://www.okta.com/exk1halden", "subject": who,
                     "nameQualifier": q, "audience": "https://signin.aws.amazon.com/saml",
                     "credentials": self.issued(t, key),
                     "assumedRoleUser": {"assumedRoleId": key.identity["principalId"], "arn": key.identity["arn"]}})
        return key

    def assume(self, t, service, role, name):
        """A service takes its role."""
        key = self.role_key(t, role, name)
        self.record(t, {"type": "AWSService", "invokedBy": service}, "sts.amazonaws.com", "AssumeRole", service, service,
                    {"roleArn": key.identity["sessionContext"]["sessionIssuer"]["arn"], "roleSessionName": name},
                    {"credentials": self.issued(t, key)})
        return key

    def call(self, t, key, service, name, request=None, answer=None, ip="203.0.113.10",
             agent="aws-cli/2.15.10 Python/3.11.6 Windows/10", data=False, error=None):
        self.record(t, key.identity, service, name, ip, agent, request, answer, data, error)

    def create_key(self, t, key, user, ip, agent):
        new = self.iam_user(user, "AKIA" + self.w.letters(16))
        self.call(t, key, "iam.amazonaws.com", "CreateAccessKey", {"userName": user},
                  {"accessKey": {"userName": user, "accessKeyId": new.key, "status": "Active",
                                 "createDate": "Mar 11, 2026 12:47:33 PM"}}, ip, agent)
        return new
