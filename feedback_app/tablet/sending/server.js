// The servers' last answer: the time, and ingest's address. Both are remembered for a tablet that restarts without a
// network. Its own clock may then be years off, so the time is *known* only after an answer in this stretch (dating.js);
// until then there is only an estimate, by which no rating is dated.

import { recall, remember } from "/device/remembered.js";

const KEY = "hailong.server";
const STRETCHES = "hailong.stretches";
const ANSWER_TIMEOUT_MS = 5_000;

const listeners = [];
// The newest comparison of both clocks: {server_ms, device_ms, speed, ingest_url, floor_ms}; one of an earlier version of
// this page has no floor.
let last = recall(KEY);
let stretch = begin();
// Both clocks at the newest answer in this stretch, with the monotonic one; null when there was none.
let known = null;

function begin() {
  const n = (recall(STRETCHES) ?? 0) + 1;
  remember(STRETCHES, n);
  const compared = last && { server_ms: last.server_ms, device_ms: last.device_ms, speed: last.speed };
  const name = crypto.getRandomValues(new Uint32Array(2)).join("-");
  return { stretch: name, n, began_ms: performance.now(), floor_ms: last?.floor_ms ?? last?.server_ms ?? null, compared };
}

// A tablet that was hidden may have slept, and its monotonic clock stood still meanwhile.
document.addEventListener("visibilitychange", () => {
  if (known && document.hidden) keepComparison();
  keepFloor();
  known = null;
  stretch = begin();
});

// Asks the server for its time once; true when it answered.
export async function refresh() {
  const asked_ms = performance.now();
  try {
    const answer = await fetch("/config.json", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return adoptTime(await answer.json(), asked_ms);
  } catch {
    return false;
  }
}

// Takes the time from a server's answer to a request sent at `asked_ms` of the monotonic clock; true when it has one.
// A captive portal answers too, but without it.
export function adoptTime({ server_time, clock_speed, ingest_url = ingestUrl() }, asked_ms) {
  if (!(Date.parse(server_time) && clock_speed > 0 && ingest_url) || asked_ms < stretch.began_ms) return false;
  const isFirst = known === null;
  const halfway_ms = (performance.now() - asked_ms) / 2;
  known = {
    server_ms: Date.parse(server_time),
    monotonic_ms: asked_ms + halfway_ms,
    device_ms: Date.now() - halfway_ms,
    speed: clock_speed,
  };
  last = { ...known, ingest_url };
  keepFloor();
  if (isFirst) for (const act of listeners) act();
  return true;
}

// `act` is called at the first answer of each stretch.
export function onKnown(act) {
  listeners.push(act);
}

// Remembers the earliest time that it can be now, for a later stretch. While the page is hidden no clock is trusted.
export function keepFloor() {
  if (known && !document.hidden) keepComparison();
  else if (last) last = { ...last, floor_ms: floor_ms() };
  if (last) remember(KEY, last);
}

function keepComparison() {
  last = { ...last, server_ms: now(), device_ms: Date.now(), floor_ms: now() };
}

function floor_ms() {
  return stretch.floor_ms === null ? null : stretch.floor_ms + (performance.now() - stretch.began_ms) * (last?.speed ?? 1);
}

export function isKnown() {
  return known !== null;
}

// Milliseconds since 1970 by the server's clock. Until that is known an estimate by the device's clock, never before the
// last time that was known.
export function now() {
  if (known) return known.server_ms + (performance.now() - known.monotonic_ms) * known.speed;
  const guessed_ms = last ? last.server_ms + (Date.now() - last.device_ms) * last.speed : Date.now();
  return Math.max(guessed_ms, floor_ms() ?? 0);
}

// The clocks' readings that a tap keeps, to be dated by later.
export function stamp() {
  return { ...stretch, monotonic_ms: performance.now(), device_ms: Date.now() };
}

// The newest answer in this stretch, to date taps by; null when there was none.
export function answer() {
  return known && { ...stretch, ...known };
}

// How far the server's clock is ahead of this device's; null until that is known. Compared `before` this stretch: as it was then.
export function clockSkew_ms({ before = false } = {}) {
  if (known) return now() - Date.now();
  return before && last ? last.server_ms - last.device_ms : null;
}

// How far this device's clock is behind the last time known, when it is: it was set back, or began anew.
export function behind_ms() {
  return Math.max(0, (floor_ms() ?? 0) - Date.now());
}

export function ingestUrl() {
  return last?.ingest_url ?? null;
}
