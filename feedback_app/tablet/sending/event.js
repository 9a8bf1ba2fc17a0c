// One tap as a CloudEvent (contract/events/service.py: rating.submitted).

// RFC 9562: 48 bits of time, then random bits. The id is made at the tap and makes every re-sending harmless.
export function uuid7(now_ms) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(Math.floor(now_ms)) << 16n) | BigInt(0x7000 | ((bytes[6] & 0x0f) << 8) | bytes[7]));
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// What the contract takes for an instant (contract/events/fields.py); a tablet's clock may show any.
const FIRST_INSTANT_MS = Date.UTC(1990, 0, 1);
const END_OF_INSTANTS_MS = Date.UTC(2100, 0, 1);

export function isInstant(ms) {
  return ms >= FIRST_INSTANT_MS && ms < END_OF_INSTANTS_MS;
}

// A tap, with its `time` when the server's clock is known; else with `tapped`, by which it is dated before it is sent
// (dating.js). `counter_n` is added before it is sent, too. `clock` is server.js.
export function ratingEvent(device, score, language, clock) {
  const scale = `csat${device.faces}`;
  const tapped = clock.stamp();
  const now_ms = clock.now();
  return {
    specversion: "1.0",
    id: uuid7(now_ms),
    type: "rating.submitted",
    source: `tablet/${device.device}`,
    ...(clock.isKnown() ? { time: new Date(now_ms).toISOString() } : { tapped }),
    subject: device.device,
    datacontenttype: "application/json",
    data: {
      unit: device.unit,
      channel: "tablet",
      scale,
      score,
      device: device.device,
      ...(device.counter && { counter: device.counter }),
      language,
      instrument: `${scale}.v1`,
      ...(isInstant(tapped.device_ms) && { device_time: new Date(tapped.device_ms).toISOString() }),
      monotonic_ms: tapped.monotonic_ms,
    },
  };
}
