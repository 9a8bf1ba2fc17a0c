// The identity of this tablet, set once by pairing (pairing.js) or by its set-up address, then remembered.
//   /?device=TAB-1&unit=H26.66.01.004&counter=Q3&name=...&faces=4&mirrored=1&large_text=1#token=...
// The token stands in the fragment because browsers never send that to a server, so no log can hold it.

import { recall, remember as keep } from "/device/remembered.js";
import { COUNTS } from "/question/faces.js";

const KEY = "hailong.device";
const CONFIGURED = ["faces", "languages", "idle_s", "mirrored", "large_text", "follow_up"];
const PLACE = ["device", "unit", "counter", "name"];
const LOOK = ["faces", "mirrored", "large_text"];

function readAddress(address) {
  const fields = {};
  for (const field of [...PLACE, ...LOOK]) {
    const value = address.searchParams.get(field)?.trim();
    if (value) fields[field] = value;
  }
  const token = new URLSearchParams(address.hash.slice(1)).get("token");
  if (token) fields.token = token;
  return fields;
}

// The address overrides what was remembered; another tablet's token, place and name are never kept. Anybody can make a
// link, so one without a token changes only the look of this tablet, never its place and never another tablet.
function merge(remembered, link) {
  const isOurs = link.device === undefined || link.device === remembered.device;
  const allowed = link.token ? link : pick(link, isOurs ? LOOK : []);
  const same = allowed.device === undefined || allowed.device === remembered.device;
  const isSetUpAgain = CONFIGURED.some((field) => field in allowed);
  const merged = { ...(same ? (isSetUpAgain ? unconfigured(remembered) : remembered) : {}), ...allowed };
  return { ...merged, faces: COUNTS.includes(merged.faces) ? merged.faces : "4" };
}

// The tablet as it was set up, without its configuration, which it then fetches again.
function unconfigured({ set_up, configuration, ...device }) {
  if (!set_up) return device;
  const others = Object.entries(device).filter(([field]) => !CONFIGURED.includes(field));
  return { ...Object.fromEntries(others), ...set_up };
}

// Keeps the answer of a pairing; nothing of a former set-up stays.
export function remember(device) {
  keep(KEY, device);
}

// Keeps a configuration beside the fields of the set-up, which hold where the configuration has none. True when what is
// shown changes by it.
export function adopt({ version, values }) {
  const device = recall(KEY) ?? {};
  const set_up = device.set_up ?? pick(device, CONFIGURED);
  const shown = { ...set_up, ...values, ...(values.faces && { faces: String(values.faces) }) };
  const others = Object.entries(device).filter(([field]) => !CONFIGURED.includes(field));
  remember({ ...Object.fromEntries(others), ...pick(shown, CONFIGURED), set_up, configuration: version });
  return JSON.stringify(pick(device, CONFIGURED)) !== JSON.stringify(pick(shown, CONFIGURED));
}

function pick(device, fields) {
  return Object.fromEntries(fields.filter((field) => device[field] !== undefined).map((field) => [field, device[field]]));
}

// The tablet's identity, or null when it has not been set up. Takes the set-up out of the address bar.
export function identify() {
  const address = new URL(location.href);
  const device = merge(recall(KEY) ?? {}, readAddress(address));
  remember(device);
  history.replaceState(null, "", address.searchParams.has("health") ? "/?health" : "/");
  return device.device && device.unit && device.token ? device : null;
}
