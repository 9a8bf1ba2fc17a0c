// One tap as a CloudEvent (contract/service_events.py: rating.submitted).

// RFC 9562: 48 bits of time, then random bits. The id is made at the tap and makes every re-sending harmless.
export function uuid7(now_ms) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(Math.floor(now_ms)) << 16n) | BigInt(0x7000 | ((bytes[6] & 0x0f) << 8) | bytes[7]));
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// `now_ms` is the corrected clock. `counter_n` is added before the event is sent.
export function ratingEvent(device, score, language, now_ms) {
  const scale = `csat${device.faces}`;
  return {
    specversion: "1.0",
    id: uuid7(now_ms),
    type: "rating.submitted",
    source: `tablet/${device.device}`,
    time: new Date(now_ms).toISOString(),
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
      device_time: new Date().toISOString(),
      monotonic_ms: performance.now(),
    },
  };
}
