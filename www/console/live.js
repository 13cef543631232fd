// SPDX-License-Identifier: Apache-2.0
// GET /causal/live, read with fetch because EventSource sends no header. The
// last id is sent again on every new start, so nothing is missed and nothing
// comes twice; servers that answer and end (long polls) need nothing more.
//
// A browser holds at most six connections to a server under HTTP/1.1, for all
// tabs together. So a tab that nobody sees gives its stream back and takes it
// up again, where it was, when it is looked at.
import { BASE, headers, signedIn } from "./api.js";

const listeners = new Set();
const FIRST_WAIT = 1000, LONGEST_WAIT = 30000;            // ms between tries
const SILENCE = 45000;                                    // three heartbeats
const UNSEEN = 5000;                                      // ms hidden until the stream is given back

let last = null, running = null, wanted = false, state = "off";

export function onLive(f) {
  listeners.add(f);
  return () => listeners.delete(f);
}

const tell = (kind, data) => listeners.forEach((f) => f(kind, data));

function become(now) {
  if (state !== now) tell("state", (state = now));
}

// One block of the stream: fields of lines, a comment line starts with a colon.
function block(text) {
  let id = null, kind = "message", data = "";
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at <= 0) continue;
    const value = line.slice(at + 1).replace(/^ /, "");
    const name = line.slice(0, at);
    if (name === "id") id = value;
    else if (name === "event") kind = value;
    else if (name === "data") data += value;
  }
  if (id !== null) last = id;
  if (!data) return;
  try { tell(kind, JSON.parse(data)); } catch { /* not ours */ }
}

async function read(signal, alive) {
  const r = await fetch(BASE + "/causal/live", { signal, cache: "no-store",
    headers: headers({ Accept: "text/event-stream", ...(last === null ? {} : { "Last-Event-ID": last }) }) });
  if (!r.ok) return r.status;
  become("on");
  const reader = r.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return 200;
    alive();
    text += value.replace(/\r/g, "");
    let end;
    while ((end = text.indexOf("\n\n")) >= 0) {
      block(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
}

const sleep = (ms, signal) => new Promise((done) => {
  const t = setTimeout(done, ms);
  signal.addEventListener("abort", () => { clearTimeout(t); done(); });
});

async function keepReading(stop) {
  let wait = FIRST_WAIT;
  while (!stop.signal.aborted && signedIn()) {
    const one = new AbortController(), ended = () => one.abort();
    stop.signal.addEventListener("abort", ended);
    let timer = setTimeout(ended, SILENCE), status = 0;
    try {
      status = await read(one.signal, () => {
        clearTimeout(timer);
        timer = setTimeout(ended, SILENCE);
        wait = FIRST_WAIT;
      });
    } catch { /* cut off: tried again below */ }
    clearTimeout(timer);
    stop.signal.removeEventListener("abort", ended);
    if (stop.signal.aborted) return;
    if (status !== 200) become("off");                     // a long poll that has its answer is no loss
    if (status === 401 || status === 403) return tell("refused", status);
    await sleep(status === 200 ? 250 : wait * (0.5 + Math.random()), stop.signal);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
}

function pause() {
  if (running) running.abort();
  running = null;
  become("off");
}

function resume() {
  if (!wanted || running) return;
  running = new AbortController();
  keepReading(running);
}

export function start() {
  wanted = true;
  resume();
}

export function stop() {
  wanted = false;
  pause();
  last = null;
}

let hiding = null;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(pause, UNSEEN); else resume();
});
addEventListener("pagehide", pause);
addEventListener("pageshow", resume);
