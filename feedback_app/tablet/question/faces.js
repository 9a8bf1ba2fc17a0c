// The faces. Each differs from the others by its shape alone, so that it is read in grey as well; colours have a
// contrast of at least 3:1 to white, which is both the page behind and the features on top (WCAG 2.2, 1.4.11).

const SVG = "http://www.w3.org/2000/svg";
const EYES = "M31 40a5 6 0 1 0 10 0a5 6 0 1 0-10 0M59 40a5 6 0 1 0 10 0a5 6 0 1 0-10 0";

// `fill` draws solid features, `line` draws strokes.
const FACES = {
  very_happy: { colour: "#0b6b2f", fill: "M24 54h52q-4 28-26 28t-26-28z", line: "M28 42q8-13 16 0M56 42q8-13 16 0" },
  happy: { colour: "#4c9a2a", fill: EYES, line: "M30 61q20 19 40 0" },
  neutral: { colour: "#6b7280", fill: EYES, line: "M31 66h38" },
  unhappy: { colour: "#d9534f", fill: EYES, line: "M29 77q21-26 42 0" },
  very_unhappy: { colour: "#8f1414", fill: `${EYES}M27 80q3-22 23-22t23 22z`, line: "M24 19l20 9M76 19l-20 9" },
};

// Best first: the order on the screen. The scores of a scale count down to 1 (contract: csat3, csat4, csat5).
const SCALES = {
  3: ["very_happy", "happy", "unhappy"],
  4: ["very_happy", "happy", "unhappy", "very_unhappy"],
  5: ["very_happy", "happy", "neutral", "unhappy", "very_unhappy"],
};

export const COUNTS = Object.keys(SCALES);

const PLEASED = ["very_happy", "happy"];

export function choices(count) {
  return SCALES[count].map((mood, index) => ({ mood, score: count - index, pleased: PLEASED.includes(mood) }));
}

export function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// A disc with white features.
function drawDisc(colour, fill, line) {
  const svg = shape("svg", { viewBox: "0 0 100 100", "aria-hidden": "true", focusable: "false" });
  svg.append(
    shape("circle", { cx: 50, cy: 50, r: 50, fill: colour }),
    shape("path", { d: fill, fill: "#fff" }),
    shape("path", { d: line, fill: "none", stroke: "#fff", "stroke-width": 6, "stroke-linecap": "round" }),
  );
  return svg;
}

export function drawFace(mood) {
  const { colour, fill, line } = FACES[mood];
  return drawDisc(colour, fill, line);
}

// "Received", for those who do not read; no colour or face shows which answer it was.
export function drawTick() {
  return drawDisc("#2f6ea8", "", "M28 52l16 16l30-34");
}
