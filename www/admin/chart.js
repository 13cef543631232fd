// SPDX-License-Identifier: Apache-2.0
// Bars by the hour against a limit, as SVG made of elements.
import { el, svg, number, stamp } from "./dom.js";

const HOUR = 3600000, H = 220, LEFT = 48, RIGHT = 8, TOP = 14, BOTTOM = 24;

// A round number at or above n: 1, 2 or 5 times a power of ten.
function ceiling(n) {
  const p = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  return [1, 2, 5, 10].map(m => m * p).find(x => x >= n);
}

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const short = n => new Intl.NumberFormat("en", { notation: "compact" }).format(n);

// hours: rows of /admin/usage; of(row): the bar, over(row): the part in red;
// limit: a line, 0 for none; back: how many hours.
export function chart(title, hours, of, over, limit, back) {
  const narrow = matchMedia("(max-width: 46rem)").matches, W = narrow ? 380 : 960;   // so that text keeps its size
  const end = Math.floor(Date.now() / HOUR), from = end - back + 1;
  const at = new Map(hours.map(h => [Date.parse(h.hour) / HOUR, h]));
  const top = ceiling(Math.max(4, limit * 1.1, ...hours.map(h => of(h) + over(h))));
  const x = i => LEFT + (W - LEFT - RIGHT) * (i - from) / back, y = n => TOP + (H - TOP - BOTTOM) * (1 - n / top);
  const wide = Math.max(1, (W - LEFT - RIGHT) / back - 1), shapes = [];
  for (const part of [0, .5, 1]) {
    const n = top * part;
    shapes.push(svg("line", { class: "grid", x1: LEFT, x2: W - RIGHT, y1: y(n), y2: y(n) }),
      svg("text", { x: LEFT - 8, y: y(n) + 4, "text-anchor": "end" }, short(n)));
  }
  for (let i = from; i <= end; i++) {
    const day = new Date(i * HOUR), h = at.get(i);
    if (day.getUTCHours() === 0)
      shapes.push(svg("line", { class: "grid", x1: x(i), x2: x(i), y1: H - BOTTOM, y2: H - BOTTOM + 5 }),
        svg("text", { x: x(i) + 3, y: H - 6 }, back > 200 ? (narrow && day.getUTCDate() % 5 ? "" : String(day.getUTCDate())) : narrow ? days[day.getUTCDay()] : `${days[day.getUTCDay()]} ${day.getUTCDate()}`));
    if (!h) continue;
    const n = of(h), red = over(h);
    const text = svg("title", null, `${stamp(h.hour).slice(0, 16)} UTC: ${number(n)}${red ? `, ${number(red)} refused` : ""}`);
    shapes.push(svg("g", null, text, svg("rect", { class: "bar", x: x(i), width: wide, y: y(n), height: Math.max(0, y(0) - y(n)) }),
      red ? svg("rect", { class: "over", x: x(i), width: wide, y: y(n + red), height: Math.max(1.5, y(n) - y(n + red)) }) : null));
  }
  if (limit) shapes.push(svg("line", { class: "limit", x1: LEFT, x2: W - RIGHT, y1: y(limit), y2: y(limit) }),
    svg("text", { class: "limit-text", x: W - RIGHT - 2, y: y(limit) - 5, "text-anchor": "end" }, `limit ${number(limit)}`));
  const most = Math.max(0, ...hours.map(of)), refused = hours.reduce((n, h) => n + h.refused, 0);
  return el("div", null,
    svg("svg", { class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${title}: at most ${number(most)} in an hour shown${limit ? `, the limit is ${number(limit)}` : ""}, ${number(refused)} requests refused` }, shapes),
    !hours.length ? el("p", { class: "quiet small" }, "Nothing in this time.") : null);
}
