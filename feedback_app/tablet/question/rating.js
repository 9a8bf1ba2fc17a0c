// The question and its faces. One touch answers; the tap is on disk before the thank-you shows.

import { commentPage } from "/question/comment.js";
import { choices, drawFace, drawTick } from "/question/faces.js";
import { hush, listenButton } from "/question/listen.js";
import { drawReason } from "/question/pictures.js";
import { reasonsPage } from "/question/reasons.js";
import { element, languageBar } from "/screen/dom.js";
import { bySide } from "/screen/layout.js";
import { onPress, onTouch } from "/screen/touch.js";

const DEAD_MS = 2_000;
// How long the notice stays that a rating is in memory only.
const UNSAFE_MS = 6_000;
// A second touch within this time is a trembling finger, not a choice.
const TREMBLING_MS = 300;
const LANGUAGE_RESET_S = 60;
const STEP = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

// Shows the question in `root`. `keep(score, language, {mayGiveReasons})` stores an answer and resolves with {id, on}, where
// `on` is "disk", "server" when the disk took nothing, or "memory" when no server was reached either; `giveReasons(id,
// reasons)` ends an answer on disk that may be given reasons, of which there may be none; `commentCode()` resolves with the
// QR code by which more can be written about the last answer, or with null. Whoever answered may write.
export function ratingPage(root, texts, device, { keep, giveReasons, commentCode }) {
  const [firstLanguage] = Object.keys(texts);
  let language = firstLanguage;
  let busy = false;
  let languageTimer = null;

  function ask(notice) {
    const words = texts[language];
    document.documentElement.lang = language;
    document.title = words.question;
    const faces = element("div", { class: "faces", role: "radiogroup", "aria-labelledby": "question", "data-count": device.faces });
    choices(Number(device.faces)).forEach(({ mood, score, pleased }, index) => {
      const tab = index === 0 ? "0" : "-1";
      const attributes = {
        type: "button", class: "face", role: "radio", "aria-checked": "false", tabindex: tab,
        "data-score": score, "data-pleased": pleased,
      };
      faces.append(element("button", attributes, drawFace(mood), element("span", {}, words.moods[mood])));
    });
    takeAnswers(faces);
    hush();
    const question = element("h1", { id: "question" }, words.question);
    const shown = [...faces.children].map((face, index) => [choices(Number(device.faces))[index].mood, face]);
    root.className = notice ? "rating again" : "rating";
    root.replaceChildren(
      element("p", { class: "unit" }, device.name ?? ""),
      element("div", { class: "head" }, ...bySide(question, listenButton(language, words, [["question", question], ...shown]))),
      element("p", { class: "notice", role: "alert" }, notice ?? ""),
      faces,
      languageBar(texts, language, chooseLanguage),
    );
  }

  function takeAnswers(faces) {
    onTouch(faces, ".face", answer);
    faces.addEventListener("keydown", (event) => {
      const step = STEP[event.key];
      if (!step) return;
      event.preventDefault();
      const all = [...faces.children];
      const from = all.indexOf(event.target);
      const to = all[(from + step + all.length) % all.length];
      all.forEach((face) => face.setAttribute("tabindex", face === to ? "0" : "-1"));
      to.focus();
    });
  }

  async function answer(face) {
    if (busy) return;
    busy = true;
    face.setAttribute("aria-checked", "true");
    const mayGiveReasons = device.follow_up !== false && face.dataset.pleased === "false";
    const kept = await keep(Number(face.dataset.score), language, { mayGiveReasons }).catch(() => null);
    const more = kept ? thank(kept.on) : null;
    if (!kept) ask(texts[language].not_stored);
    setTimeout(() => {
      if (kept?.on === "disk" && mayGiveReasons) return why(kept.id, more.code);
      if (more?.wished()) return write(more.code);
      busy = false;
      if (kept) nextCitizen();
    }, kept?.on === "memory" ? UNSAFE_MS : DEAD_MS);
  }

  async function write(code) {
    clearTimeout(languageTimer);
    commentPage(root, texts[language], await code, nextIsFree);
  }

  function why(id, code) {
    clearTimeout(languageTimer);
    reasonsPage(root, language, texts[language], async (reasons, { gone }) => {
      // A tap that could not be released now is released, without its reasons, at the next start of the page.
      await giveReasons(id, reasons).catch(console.error);
      const offered = gone ? null : await code;
      if (offered) commentPage(root, texts[language], offered, nextIsFree);
      else nextIsFree();
    });
  }

  function nextIsFree() {
    busy = false;
    nextCitizen();
  }

  // The same for every answer, so that people behind the citizen learn nothing. A touch of "write more" shows a code when
  // the thanks end (after the reasons, if they are asked for); without a code there is no button.
  function thank(on) {
    hush();
    const words = texts[language];
    root.className = "thanks";
    const thanks = element("div", { role: "status" }, element("h1", {}, words.thanks), element("p", {}, on === "memory" ? words.in_memory : words.thanks_detail));
    const more = element("button", { type: "button", class: "more", "aria-pressed": "false", hidden: "" }, words.write_more);
    const shown_ms = performance.now();
    onPress(more, () => performance.now() - shown_ms < TREMBLING_MS || more.setAttribute("aria-pressed", "true"));
    // A tick says "received" to those who do not read: a clock, that it waits.
    root.replaceChildren(on === "memory" ? drawReason("waiting_too_long") : drawTick(), thanks, more);
    const code = commentCode();
    code.then((rows) => { more.hidden = rows === null; });
    return { code, wished: () => more.getAttribute("aria-pressed") === "true" };
  }

  function nextCitizen() {
    clearTimeout(languageTimer);
    language = firstLanguage;
    ask();
  }

  function chooseLanguage(code) {
    if (busy) return;
    language = code;
    clearTimeout(languageTimer);
    languageTimer = setTimeout(() => busy || nextCitizen(), (device.idle_s ?? LANGUAGE_RESET_S) * 1000);
    ask();
  }

  ask();
  return { isBusy: () => busy };
}
