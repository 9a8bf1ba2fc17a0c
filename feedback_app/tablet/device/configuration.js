// The configuration of this tablet (contract/events/reference.py: device.configured), fetched once a minute and kept for
// times without a network.

import { adopt } from "/device/identity.js";
import { get } from "/sending/ingest.js";
import * as server from "/sending/server.js";

const INTERVAL_MS = 60_000;

// Calls `changed` when something else should be shown from the next citizen on.
export function follow(device, changed) {
  const look = () => fetchConfiguration(device, changed).catch(() => {});
  setInterval(look, INTERVAL_MS);
  look();
}

async function fetchConfiguration(device, changed) {
  const asked_ms = performance.now();
  const answer = await get("/v1/device-configuration", device.token);
  // The answer has the time as well, which helps when the server of these pages has not answered.
  if (answer && !server.isKnown()) server.adoptTime(answer, asked_ms);
  if (!answer?.version || answer.version === device.configuration) return;
  device.configuration = answer.version;
  if (adopt(answer)) changed();
}
