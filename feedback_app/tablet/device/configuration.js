// What this tablet is told to show (contract/events/reference.py: device.configured): asked for once a minute, kept for
// times without a network.

import { adopt } from "/device/identity.js";
import { get } from "/sending/ingest.js";
import * as server from "/sending/server.js";

const INTERVAL_MS = 60_000;

// `changed` is called when something else should be shown from the next citizen on.
export function follow(device, changed) {
  const look = () => ask(device, changed).catch(() => {});
  setInterval(look, INTERVAL_MS);
  look();
}

async function ask(device, changed) {
  const asked_ms = performance.now();
  const told = await get("/v1/device-configuration", device.token);
  // It tells the time as well, for when the server of these pages has not answered.
  if (told && !server.isKnown()) server.hear(told, asked_ms);
  if (!told?.version || told.version === device.configuration) return;
  device.configuration = told.version;
  if (adopt(told)) changed();
}
