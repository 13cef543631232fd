// SPDX-License-Identifier: Apache-2.0
// Making elements, and how times, sizes and numbers are written. Text only ever
// becomes a text node or an attribute: nothing here reads markup.

export function el(tag, props, ...kids) {
  return fill(document.createElement(tag), props, kids);
}

export function svg(tag, props, ...kids) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), props, kids);
}

function fill(e, props, kids) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "value") e.value = value;
    else if (name === "checked") e.checked = true;
    else e.setAttribute(name, value === true ? "" : String(value));
  }
  e.append(...kids.flat(Infinity).filter(k => k !== null && k !== undefined && k !== false));
  return e;
}

export const number = n => new Intl.NumberFormat("en").format(n);

export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let i = 0;
  for (; bytes >= 1000 && i < units.length - 1; i++) bytes /= 1000;
  return `${new Intl.NumberFormat("en", { maximumFractionDigits: bytes < 10 && i > 0 ? 1 : 0 }).format(bytes)} ${units[i]}`;
}

export function span(ms) {
  const steps = [["ms", 1], ["s", 1000], ["min", 60000], ["h", 3600000], ["d", 86400000]];
  let unit = steps[0];
  for (const s of steps) if (Math.abs(ms) >= 2 * s[1]) unit = s;
  return `${number(Math.round(ms / unit[1]))} ${unit[0]}`;
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

export function ago(text, now = Date.now()) {
  const s = (Date.parse(text) - now) / 1000, a = Math.abs(s);
  if (a < 5) return "just now";
  for (const [unit, n] of [["second", 60], ["minute", 3600], ["hour", 86400], ["day", 86400 * 60]])
    if (a < n) return relative.format(Math.round(s / { second: 1, minute: 60, hour: 3600, day: 86400 }[unit]), unit);
  return stamp(text).slice(0, 10);
}

export const stamp = text => text.slice(0, 19).replace("T", " ") + " UTC";

// "3 days ago", with the time itself for who points at it; null says `never`.
export function time(text, never = "never") {
  if (!text) return el("span", { class: "quiet" }, never);
  return el("time", { datetime: text, title: stamp(text) }, ago(text));
}

let quiet;
export function say(text) {
  const at = document.getElementById("said");
  clearTimeout(quiet);
  at.replaceChildren(el("p", null, text));
  quiet = setTimeout(() => at.replaceChildren(), 6000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {                                   // no secure context, or not allowed
    const t = el("textarea", { "aria-hidden": "true", value: text });
    document.body.append(t);
    t.select();
    document.execCommand("copy");
    t.remove();
  }
  say("Copied");
}
