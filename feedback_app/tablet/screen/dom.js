// Elements are built from data, never from HTML text, so that nothing from a server or an address can become markup.

import { bySide } from "/screen/layout.js";
import { onPress } from "/screen/touch.js";

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// A button with a text; `act` is called when it is touched, or worked by keys.
export function textButton(name, text, act) {
  const button = element("button", { type: "button", class: name }, text);
  onPress(button, act);
  return button;
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
