// What the server last told: its clock and where events go. Both are remembered, so a tablet that restarts without
// a network knows them still.

const KEY = "hailong.server";
const ANSWER_TIMEOUT_MS = 5_000;

let known = restore();

function restore() {
  const stored = JSON.parse(localStorage.getItem(KEY) ?? "null");
  if (!stored) return null;
  // The monotonic clock starts anew with each page; the device's clock bridges the gap.
  return { ...stored, monotonic_ms: performance.now() - (Date.now() - stored.device_ms) };
}

// Ask once; true when the server answered.
export async function refresh() {
  const asked_ms = performance.now();
  try {
    const answer = await fetch("/config.json", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const { server_time, clock_speed, ingest_url } = await answer.json();
    // A captive portal answers too, but not with this.
    if (!(Date.parse(server_time) && clock_speed && ingest_url)) return false;
    const answered_ms = performance.now();
    known = {
      server_ms: Date.parse(server_time),
      monotonic_ms: (asked_ms + answered_ms) / 2,
      device_ms: Date.now() - (answered_ms - asked_ms) / 2,
      speed: clock_speed,
      ingest_url,
    };
  } catch {
    return false;
  }
  localStorage.setItem(KEY, JSON.stringify(known));
  return true;
}

// Milliseconds since 1970 by the server's clock; by the device's own if the server was never reached.
export function now() {
  return known ? known.server_ms + (performance.now() - known.monotonic_ms) * known.speed : Date.now();
}

export function clockSkew_ms() {
  return known ? now() - Date.now() : null;
}

export function ingestUrl() {
  return known?.ingest_url ?? null;
}
