// The state of this tablet, sent once a minute (contract/events/service.py: device.seen). A heartbeat that does not arrive
// is not sent again: the next one has the same fields, newer.

import { isKept } from "/device/remembered.js";
import { uuid7 } from "/sending/event.js";
import { post } from "/sending/ingest.js";
import * as outbox from "/sending/outbox.js";
import * as server from "/sending/server.js";

const INTERVAL_MS = 60_000;

export function start(device) {
  const beat = () => sendState(device).catch(() => {});
  setInterval(beat, INTERVAL_MS);
  beat();
}

async function sendState(device) {
  // The clock comes first: without the server's the skew is not known.
  if (server.clockSkew_ms() === null && !(await server.refresh())) return;
  const now_ms = server.now();
  const event = {
    specversion: "1.0",
    id: uuid7(now_ms),
    type: "device.seen",
    source: `tablet/${device.device}`,
    time: new Date(now_ms).toISOString(),
    subject: device.device,
    datacontenttype: "application/json",
    data: known({ unit: device.unit, ...(await taps(now_ms)), ...(await hardware()), page_version: self.SHELL.version, configuration: device.configuration }),
  };
  await post([event], device.token);
}

async function taps(now_ms) {
  const { waiting, undated, inMemory, fault, oldest, refused, lastTap } = await outbox.state();
  return {
    waiting,
    undated,
    // The disk's fault by the browser's name for it, and the number of taps that a power cut would lose.
    storage_fault: fault ?? (isKept() ? undefined : "NothingKept"),
    in_memory: inMemory,
    oldest_unsent_s: oldest && Math.max(0, Math.round((now_ms - Date.parse(oldest)) / 1000)),
    quarantined: refused.length,
    last_tap_at: Date.parse(lastTap) <= now_ms ? lastTap : undefined,
  };
}

async function hardware() {
  const battery = await navigator.getBattery?.().catch(() => undefined);
  const used = await navigator.storage?.estimate().catch(() => undefined);
  return {
    battery_percent: battery && Math.round(battery.level * 100),
    charging: battery?.charging,
    online: navigator.onLine,
    network: navigator.connection?.type ?? navigator.connection?.effectiveType,
    clock_skew_ms: Math.round(server.clockSkew_ms()),
    storage_used_bytes: used?.usage,
    storage_quota_bytes: used?.quota,
    storage_persisted: await navigator.storage?.persisted().catch(() => undefined),
  };
}

// Leaves out what the browser does not offer.
function known(facts) {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined && fact !== null));
}
