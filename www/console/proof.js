// SPDX-License-Identifier: Apache-2.0
// What keeps a link from being proven, and which log would change that: from
// the engine's own reason (the end of `because`), the rule, and /coverage.

const LACKS = [
  [/by process id alone/, (at) => `Sysmon event 1 (ProcessGuid) or an EDR that names processes uniquely, on ${at}: a process id alone is used again`],
  [/no start of the host is recorded/, (at) => `the start of ${at} (Security 4608, System 6005 or Kernel-General 12), so that a logon id is known to be of this boot`],
  [/whose the addresses were/, (at) => `a lease (DHCP, VPN) that says who held the addresses of this connection at the time, for ${at}; this version reads none, so look it up there yourself`],
  [/sensor had been tampered/, (at) => `a record from outside ${at} (network sensor, domain controller): what its own sensor says after the tampering proves nothing`],
  [/as asserted by the sender/, () => "the vendor's own record instead of the sender's word, or a key with scope `assert` where the sender is the source"],
];
const BY_RULE = {
  "read-written": (at) => `no log that is read today: that one read what the other wrote is never recorded. File audit with process ids (Security 4663, Sysmon 11) on ${at} narrows it down`,
  "run-written": (at) => `a write record with the content hash (Sysmon 15) and the start with its hash (Sysmon 1) on ${at}`,
  injected: (at) => `no log that is read today; Sysmon 8 and 10 on ${at} name the two processes and not what ran`,
  pipe: (at) => `no log that is read today: Sysmon 17 and 18 on ${at} name the pipe and not its other end`,
  session: (at) => `the logon itself (Security 4624, or the identity provider's session start) with its session id, for ${at}`,
  remote: (at) => `Security 4624 and 4688 or Sysmon 1 with LogonId on ${at}`,
  "issue-use": () => "the issuing event with the key's id (CloudTrail management events of sts and iam)",
  federation: () => "the same session id in the identity provider's and the service's record",
  "logon-flow": (at) => `no log that is read today: a logon names an address and not the connection. Leases (DHCP, VPN) for ${at} would say whose it was`,
  artifact: (at) => `what used the thing on both sides: process creation with ids (Sysmon 1) or session ids on ${at}. A shared thing alone never proves one cause`,
  account: (at) => `the session in which the account acted: logon records with session ids (Security 4624, the identity provider's) for ${at}`,
};

// Advice of /coverage that bears on a link of that kind.
const BEARS = {
  spawn: /process/i, act: /process/i, "run-written": /process/i, "read-written": /process/i, injected: /process/i, pipe: /process/i, handle: /process/i, artifact: /process/i,
  session: /session|logon/i, remote: /session|logon/i, account: /session|logon/i, "issue-use": /key/i,
};

// -> {need, advice[]} of an edge that is not PROVABLE
export function lacking(edge, from, to, coverage) {
  const hosts = [...new Set([from, to].map((n) => n && (n.host || n.source)).filter(Boolean))];
  const at = hosts.join(" and ") || "the hosts involved";
  const because = String(edge.because || "");
  const known = LACKS.find(([r]) => r.test(because));
  const rule = BY_RULE[edge.rule];
  const advice = [];
  for (const row of (coverage && coverage.coverage) || [])
    if ([from, to].some((n) => n && row.source === n.source && (row.host || null) === (n.host || null)))
      for (const text of (row.advice || []).filter((t) => BEARS[edge.rule]?.test(t))) advice.push({ at: row.host || row.source, text });
  return {
    need: known ? known[1](at) : rule ? rule(at) : `records on ${at} that name one strong identifier at both ends`,
    advice,
  };
}
