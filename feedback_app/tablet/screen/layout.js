// How this tablet lays its page out. Its style is in page.css, under these two classes of the root.

// A set-up address can say text only; a configuration from afar says yes or no.
const YES = ["1", true];
const LAYOUTS = { large_text: "large-text", mirrored: "mirrored" };

export function layOut(device) {
  for (const [field, name] of Object.entries(LAYOUTS)) document.documentElement.classList.toggle(name, YES.includes(device[field]));
}

// Controls in their order from left to right; turned where the tablet stands at the citizen's left hand. In the document
// too, so that keys and screen readers go as the eye does. Never for faces: their order is part of what is asked.
export function bySide(...controls) {
  return document.documentElement.classList.contains(LAYOUTS.mirrored) ? controls.reverse() : controls;
}
