// Citizens write more on a phone of their own: nothing is typed on a screen that others stand behind.

import { element, textButton } from "/screen/dom.js";
import { bySide } from "/screen/layout.js";
import { drawQr } from "/screen/qr.js";

const ANSWER_TIMEOUT_MS = 3_000;
const SHOWN_MS = 30_000;

// The link of a tap as the rows of a QR code; null when the server cannot be reached or gives none.
export async function commentCode(device, event) {
  const tap = { device: device.device, unit: device.unit, rating: event.id, time: event.time };
  try {
    const answer = await fetch("/comment-link", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${device.token}` },
      body: JSON.stringify(tap),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const { qr } = await answer.json();
    return answer.ok && qr ? qr : null;
  } catch {
    return null;
  }
}

// Shows the code in `root` until somebody is done or has gone; then `finish()`, once.
export function commentPage(root, words, code, finish) {
  let timer = null;
  const stay = () => {
    clearTimeout(timer);
    timer = setTimeout(end, SHOWN_MS);
  };
  const end = () => {
    clearTimeout(timer);
    finish();
  };
  const title = element("h1", { tabindex: "-1" }, words.comment);
  const explained = element("div", { class: "explained" }, title, element("p", {}, words.comment_detail));
  const leaving = element("div", { class: "leaving" }, ...bySide(textButton("leave", words.done, end), textButton("more-time", words.more_time, stay)));
  root.className = "comment";
  root.replaceChildren(element("div", { class: "scan" }, ...bySide(drawQr(code, words.comment_detail), explained)), leaving);
  stay();
  title.focus();
}
