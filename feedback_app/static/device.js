// Which tablet this is: told once, by being paired (pairing.js) or by its set-up address, then remembered.
//   /?device=TAB-1&unit=H26.66.01.004&counter=Q3&name=...&faces=4#token=...
// The token stands in the fragment because browsers never send that to a server, so no log can hold it.

import { COUNTS } from "/faces.js";

const KEY = "hailong.device";
const FIELDS = ["device", "unit", "counter", "name", "faces"];

function given(address) {
  const found = {};
  for (const field of FIELDS) {
    const value = address.searchParams.get(field)?.trim();
    if (value) found[field] = value;
  }
  const token = new URLSearchParams(address.hash.slice(1)).get("token");
  if (token) found.token = token;
  return found;
}

// What the address says goes over what was remembered; another tablet's token, place and name are never kept.
function merge(remembered, said) {
  const same = said.device === undefined || said.device === remembered.device;
  const merged = { ...(same ? remembered : {}), ...said };
  return { ...merged, faces: COUNTS.includes(merged.faces) ? merged.faces : "4" };
}

// Keeps what a pairing handed over; nothing of a former set-up stays.
export function remember(device) {
  localStorage.setItem(KEY, JSON.stringify(device));
}

// The tablet's identity, or null when it has not been set up. Takes the set-up out of the address bar.
export function identify() {
  const address = new URL(location.href);
  const device = merge(JSON.parse(localStorage.getItem(KEY) ?? "{}"), given(address));
  localStorage.setItem(KEY, JSON.stringify(device));
  history.replaceState(null, "", address.searchParams.has("health") ? "/?health" : "/");
  return device.device && device.unit && device.token ? device : null;
}
