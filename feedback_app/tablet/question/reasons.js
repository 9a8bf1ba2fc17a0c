// Why somebody was not satisfied: pictures, each a touch, all of it optional. The rating itself is on disk already.

import { hush, listenButton } from "/question/listen.js";
import { drawReason } from "/question/pictures.js";
import { element, textButton } from "/screen/dom.js";
import { bySide } from "/screen/layout.js";
import { onTouch } from "/screen/touch.js";

const IDLE_MS = 25_000;
const COUNTDOWN_S = 20;
// After a touch a short silence means that the citizen is done; with keys or a switch the full time is given.
const AFTER_TOUCH_MS = 5_000;

// Shows the reasons in `root`; `finish(codes, {gone})` is called once, when the citizen is done, skips or has gone.
export function reasonsPage(root, language, words, finish) {
  const chosen = new Set();
  let timer = null;

  function end({ gone }) {
    clearTimeout(timer);
    hush();
    finish([...chosen], { gone });
  }

  function wait(byTouch) {
    clearTimeout(timer);
    title.replaceChildren(words.why);
    listen.hidden = false;
    leaving.replaceChildren(leave);
    timer = byTouch && chosen.size ? setTimeout(end, AFTER_TOUCH_MS, { gone: false }) : setTimeout(warn, IDLE_MS);
  }

  function warn() {
    hush();
    listen.hidden = true;
    // Read aloud once; the seconds are for the eyes.
    const seconds = element("span", { class: "seconds", "aria-hidden": "true" });
    title.replaceChildren(element("span", { role: "alert" }, words.still_there), seconds);
    leaving.replaceChildren(...bySide(leave, textButton("more-time", words.more_time, () => wait(false))));
    countDown(seconds, COUNTDOWN_S);
  }

  function countDown(shown, seconds) {
    shown.textContent = ` ${seconds}`;
    timer = seconds ? setTimeout(() => countDown(shown, seconds - 1), 1_000) : setTimeout(end, 0, { gone: true });
  }

  function toggle(picture, { byTouch }) {
    const { code } = picture.dataset;
    if (!chosen.delete(code)) chosen.add(code);
    picture.setAttribute("aria-pressed", String(chosen.has(code)));
    leave.textContent = chosen.size ? words.done : words.skip;
    wait(byTouch);
  }

  const leave = textButton("leave", words.skip, () => end({ gone: false }));
  const leaving = element("div", { class: "leaving" });
  const pictures = element("div", { class: "reasons", role: "group", "aria-label": words.why });
  for (const [code, name] of Object.entries(words.reasons)) {
    const picture = element("button", { type: "button", class: "reason", "aria-pressed": "false", "data-code": code }, drawReason(code), element("span", {}, name));
    pictures.append(picture);
  }
  onTouch(pictures, ".reason", toggle);
  const title = element("h1", { tabindex: "-1" });
  const shown = [...pictures.children].map((picture) => [picture.dataset.code, picture]);
  const listen = element("div", {}, listenButton(language, words, [["why", title], ...shown]));
  root.className = "why";
  root.replaceChildren(element("div", { class: "head" }, ...bySide(title, listen)), pictures, leaving);
  wait(false);
  title.focus();
}
