// The layout of the page on this tablet: two classes of the root, styled in page.css.

// A set-up address has texts only; a configuration has true or false.
const YES = ["1", true];
const LAYOUTS = { large_text: "large-text", mirrored: "mirrored" };

export function layOut(device) {
  for (const [field, name] of Object.entries(LAYOUTS)) document.documentElement.classList.toggle(name, YES.includes(device[field]));
}

// Controls in their order from left to right, reversed where the tablet stands at the citizen's left hand. The order of
// the document changes too, so that keys and screen readers follow it. Never for faces: their order is part of the question.
export function bySide(...controls) {
  return document.documentElement.classList.contains(LAYOUTS.mirrored) ? controls.reverse() : controls;
}
