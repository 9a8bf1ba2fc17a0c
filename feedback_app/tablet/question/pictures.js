// Pictures of the reasons, for those who do not read. Strokes only, so that they are as clear in grey.

import { shape } from "/question/faces.js";

const DRAWINGS = {
  // A clock.
  waiting_too_long: "M50 10a40 40 0 1 0 .1 0M50 26v26l18 12",
  // A sign with a question mark.
  unclear_guidance: "M12 14h76v54H56L38 86V68H12zM40 34q0-10 10-10t10 9q0 7-10 11v4M50 56v.1",
  // A face that looks away and frowns.
  attitude: "M50 10a40 40 0 1 0 .1 0M28 40h14M58 40h14M34 72q16-14 32 0",
  // A hand held out under a coin.
  asked_for_money: "M62 12a15 15 0 1 0 .1 0M62 20v14M8 58h18l12-6h22q8 2 6 9H46M66 60l20-9q8 2 3 10L62 82H26H8",
  // A closed door with a bar across it.
  turned_away: "M24 90V12h52v78M12 90h76M62 50v6M10 30l80 40",
  // A speech bubble with a lightning flash.
  insulted: "M12 12h76v56H54L36 88V68H12zM56 20L40 42h16L44 60",
};

const SPEAKER = "M10 38h18l24-20v64L28 62H10zM66 36q10 14 0 28M78 24q20 26 0 52";

export function drawReason(code) {
  return drawStrokes(DRAWINGS[code] ?? "");
}

export function drawSpeaker() {
  return drawStrokes(SPEAKER);
}

function drawStrokes(path) {
  const svg = shape("svg", { viewBox: "0 0 100 100", "aria-hidden": "true", focusable: "false" });
  const stroke = { fill: "none", stroke: "currentColor", "stroke-width": 6, "stroke-linecap": "round", "stroke-linejoin": "round" };
  svg.append(shape("path", { d: path, ...stroke }));
  return svg;
}
