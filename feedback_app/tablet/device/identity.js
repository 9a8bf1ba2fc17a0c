// Which tablet this is: told once, by being paired (pairing.js) or by its set-up address, then remembered.
//   /?device=TAB-1&unit=H26.66.01.004&counter=Q3&name=...&faces=4&mirrored=1&large_text=1#token=...
// The token stands in the fragment because browsers never send that to a server, so no log can hold it.

import { recall, remember as keep } from "/device/remembered.js";
import { COUNTS } from "/question/faces.js";

const KEY = "hailong.device";
const CONFIGURED = ["faces", "languages", "idle_s", "mirrored", "large_text", "follow_up"];
const PLACE = ["device", "unit", "counter", "name"];
const LOOK = ["faces", "mirrored", "large_text"];

function given(address) {
  const found = {};
  for (const field of [...PLACE, ...LOOK]) {
    const value = address.searchParams.get(field)?.trim();
    if (value) found[field] = value;
  }
  const token = new URLSearchParams(address.hash.slice(1)).get("token");
  if (token) found.token = token;
  return found;
}

// What the address says goes over what was remembered; another tablet's token, place and name are never kept. Anybody can
// make a link: one without a token moves no tablet, it only changes its look, and none of another tablet.
function merge(remembered, link) {
  const isOurs = link.device === undefined || link.device === remembered.device;
  const said = link.token ? link : pick(link, isOurs ? LOOK : []);
  const same = said.device === undefined || said.device === remembered.device;
  const anew = CONFIGURED.some((field) => field in said);
  const merged = { ...(same ? (anew ? unconfigured(remembered) : remembered) : {}), ...said };
  return { ...merged, faces: COUNTS.includes(merged.faces) ? merged.faces : "4" };
}

// The tablet as it was set up; it takes over its configuration anew from there.
function unconfigured({ set_up, configuration, ...device }) {
  if (!set_up) return device;
  const others = Object.entries(device).filter(([field]) => !CONFIGURED.includes(field));
  return { ...Object.fromEntries(others), ...set_up };
}

// Keeps what a pairing handed over; nothing of a former set-up stays.
export function remember(device) {
  keep(KEY, device);
}

// Keeps a configuration beside what the tablet was set up with, which holds where nothing else is told. True when that
// changes what is shown.
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
  const device = merge(recall(KEY) ?? {}, given(address));
  remember(device);
  history.replaceState(null, "", address.searchParams.has("health") ? "/?health" : "/");
  return device.device && device.unit && device.token ? device : null;
}
