// A QR code from its rows, as the server makes them; `label` is read aloud.

import { shape } from "/question/faces.js";

const QUIET_ZONE = 4;

export function drawQr(rows, label) {
  const size = rows.length + 2 * QUIET_ZONE;
  const dark = rows.flatMap((row, y) => row.map((is, x) => (is ? `M${x + QUIET_ZONE} ${y + QUIET_ZONE}h1v1h-1z` : "")));
  const svg = shape("svg", { viewBox: `0 0 ${size} ${size}`, class: "qr", role: "img", "aria-label": label, "shape-rendering": "crispEdges" });
  svg.append(shape("path", { d: dark.join("") }));
  return svg;
}
