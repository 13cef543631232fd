// SPDX-License-Identifier: Apache-2.0
// What arrived and what of it can prove: by host and source.
import { get } from "./api.js";
import { el, put, said } from "./dom.js";
import { busy, empty, fault } from "./page.js";
import { when } from "./words.js";

const lag = (ms) => (ms < 1000 ? `${ms} ms` : ms < 120000 ? `${Math.round(ms / 1000)} s` : ms < 7200000 ? `${Math.round(ms / 60000)} min` : ms < 172800000 ? `${Math.round(ms / 3600000)} h` : `${Math.round(ms / 86400000)} days`);

const share = (x) => el("td", { class: "num" }, el("meter", { min: "0", max: "1", value: String(x), "aria-label": `${Math.round(100 * x)} %` }), ` ${Math.round(100 * x)} %`);

export function coverage(into) {
  const out = el("div", {});
  put(into, el("h1", {}, "Coverage"), el("p", { class: "hint" }, "Share of events with identifiers that can prove a link, and what to switch on where they are missing."), out);
  (async () => {
    busy(out, "Counting\u2026");
    try {
      const a = await get("/coverage");
      if (!a.coverage.length) { put(out, empty("No event has arrived yet.")); return; }
      put(out, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "coverage" }, el("table", {}, el("thead", {}, el("tr", {}, ["Source", "Host", "Events", "Process", "Session", "Token", "Last seen (UTC)", "Worst lag", "To switch on"].map((h) => el("th", { scope: "col" }, h)))),
        el("tbody", {}, a.coverage.map((r) => el("tr", {}, el("td", {}, said(r.source)), el("td", {}, r.host ? said(r.host, { most: 80 }) : "\u2013"), el("td", { class: "num" }, r.events.toLocaleString("en")),
          share(r.strong_process_share), share(r.strong_session_share), share(r.strong_token_share), el("td", {}, when(r.last_seen)), el("td", { class: "num" }, lag(r.lag_ms)),
          el("td", { class: "wide" }, !r.to_prove.length ? "\u2013" : r.to_prove.map((x) => el("p", {}, el("b", {}, said(x.record, { most: 300 })), ` \u2013 for ${x.events.toLocaleString("en")} events: `, said(x.missing, { most: 300 }), x.setting ? [". Switch on: ", said(x.setting, { most: 300 })] : null)))))))));
    } catch (e) { put(out, fault(e)); }
  })();
  return () => {};
}
