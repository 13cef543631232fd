// SPDX-License-Identifier: Apache-2.0
// An edge computed again in this browser, from the raw bytes alone: the digest
// of each cited record, and each cited value at its place. What the rule asks
// beyond that is `tra-ce verify`'s.

export const canHash = () => Boolean(globalThis.isSecureContext && globalThis.crypto && crypto.subtle);

export function rawBytes(event) {
  if (typeof event.raw === "string") return new TextEncoder().encode(event.raw);
  if (event.raw_base64) return Uint8Array.from(atob(event.raw_base64), (c) => c.charCodeAt(0));
  return null;
}

export async function sha256(bytes) {
  const d = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(d, (b) => b.toString(16).padStart(2, "0")).join("");
}

// Numbers keep the digits that the record has, where the browser tells them.
function parse(text) {
  return JSON.parse(text, (_, v, context) => (typeof v === "number" && context && context.source ? { digits: context.source } : v));
}

function at(tree, pointer) {
  let v = tree;
  for (const raw of pointer.split("/").slice(1)) {
    const part = raw.replace(/~1/g, "/").replace(/~0/g, "~");
    if (Array.isArray(v)) v = /^\d+$/.test(part) ? v[Number(part)] : undefined;
    else if (v && typeof v === "object" && Object.hasOwn(v, part)) v = v[part];
    else return undefined;
  }
  if (v && typeof v === "object") return v.digits;
  return v === null || v === undefined ? undefined : String(v);
}

// The value there, or undefined. Lines that are not JSON: key=value (auditd).
export function valueAt(raw, pointer) {
  let tree;
  try { tree = parse(raw); } catch {
    const name = pointer.slice(1).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const m = new RegExp(`(?:^|[\\s,])${name}=(?:"([^"]*)"|(\\S*))`).exec(raw);
    return m ? m[1] ?? m[2] : undefined;
  }
  return at(tree, pointer);
}

const same = (a, b) => a.replace(/^\{|\}$/g, "").toLowerCase() === b.replace(/^\{|\}$/g, "").toLowerCase();

// Was a digest and a value of either record looked at?
const checked = (lines) => ["cause: SHA", "effect: SHA", "cause: /", "effect: /"].every((w) => lines.some((l) => l.good !== null && l.text.startsWith(w)));

// -> {good, whole: nothing had to be left out, lines: [{good: true|false|null, text, value}]}; null: not checkable here
export async function recompute(edge, events) {
  const lines = [];
  const say = (good, text, value) => lines.push({ good, text, value });
  for (const end of ["from", "to"]) {
    const word = end === "from" ? "cause" : "effect", event = events.get(edge[end]);
    const cited = edge.evidence.filter((v) => v.event_id === edge[end]);
    const bytes = event && rawBytes(event);
    if (!bytes) { say(false, `${word}: the record is not there`); continue; }
    if (!cited.length) say(null, `${word}: nothing of this record is cited`);
    const want = [...new Set(cited.map((v) => v.raw_sha256))];
    if (!canHash()) say(null, `${word}: SHA-256 needs https or 127.0.0.1 (no secure context here); use tra-ce verify`);
    else for (const w of want) {
      const is = await sha256(bytes);
      say(is === w, `${word}: SHA-256 of the ${bytes.length} bytes ${is === w ? "is the one cited" : "differs from the one cited"}`, is);
    }
    const text = new TextDecoder().decode(bytes);
    for (const v of cited) {
      const is = valueAt(text, v.field);
      if (is === undefined && !text.trimStart().startsWith("{") && text.split("\t").includes(v.value))
        say(null, `${word}: a column holds the value; the record does not name its columns (${v.field})`, v.value);
      else say(is === v.value, `${word}: ${v.field} ${is === undefined ? "is not in the record" : is === v.value ? "holds the value cited" : "holds another value"}`, is ?? "");
    }
  }
  const [a, b] = [edge.from, edge.to].map((id) => edge.evidence.filter((v) => v.event_id === id));
  const shared = a.find((x) => b.some((y) => same(x.value, y.value)));
  if (shared) say(true, "both records name", shared.value);
  else if (edge.evidence.length) say(null, "no cited value is letter for letter the same at both ends; `tra-ce verify` compares by the rule");
  const [t1, t2] = [edge.from, edge.to].map((id) => events.get(id)?.timestamp);
  if (t1 && t2) say(t1 <= t2, t1 <= t2 ? "the cause is not later than the effect" : "the cause is later than the effect");
  return { good: lines.length > 0 && lines.every((l) => l.good !== false), whole: canHash() && checked(lines), lines };
}
