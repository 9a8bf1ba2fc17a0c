// Elements are made from data, never from HTML text, so that nothing a server or an address says can become markup.

import { bySide } from "/screen/layout.js";
import { onPress } from "/screen/touch.js";

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A button with a text; `act` is called when it is touched, or worked by keys.
export function textButton(name, text, act) {
  const made = element("button", { type: "button", class: name }, text);
  onPress(made, act);
  return made;
}

// One button per language; `choose` gets the language's code.
export function languageBar(texts, current, choose) {
  const buttons = Object.entries(texts).map(([code, words]) => {
    const button = element("button", { type: "button", lang: code, "aria-pressed": String(code === current) }, words.language);
    onPress(button, () => choose(code));
    return button;
  });
  return element("nav", { class: "languages" }, ...bySide(...buttons));
}
