// Reads the question and its choices aloud, from clips on this tablet, only when the button is pressed.

import { drawSpeaker } from "/question/pictures.js";
import { element } from "/screen/dom.js";
import { onPress } from "/screen/touch.js";

const FETCH_AFTER_MS = 20_000;
const PAUSE_S = 0.35;

let context = null;
let stop = () => {};

const clip = (language, name) => `/speech/${language}/${name}.mp3`;

// Fetches every clip some time after the start, so that each is there when the network is not.
export function keepSpeech() {
  setTimeout(async () => {
    // One that is missing is fetched when it is first listened to.
    for (const file of self.SHELL.speech) await fetch(file).catch(() => {});
  }, FETCH_AFTER_MS);
}

// The button that reads `parts` aloud, each [name, element], and marks the element it is at; an empty text when this
// language lacks one of the clips.
export function listenButton(language, words, parts) {
  if (!parts.every(([name]) => self.SHELL.speech.includes(clip(language, name)))) return "";
  const button = element("button", { type: "button", class: "listen", "aria-pressed": "false" }, drawSpeaker(), element("span", {}, words.listen));
  onPress(button, () => (button.getAttribute("aria-pressed") === "true" ? hush() : read(button, language, parts)));
  return button;
}

// Stops reading aloud.
export function hush() {
  stop();
}

// Any touch stops it; the button handles a touch of its own.
document.addEventListener("pointerdown", (event) => event.target.closest?.(".listen") || hush(), true);
document.addEventListener("visibilitychange", () => document.hidden && hush());

async function read(button, language, parts) {
  hush();
  let source = null;
  let at = null;
  let stopped = false;
  stop = () => {
    stopped = true;
    source?.stop();
    at?.removeAttribute("data-heard");
    button.setAttribute("aria-pressed", "false");
    stop = () => {};
  };
  const stopThis = stop;
  button.setAttribute("aria-pressed", "true");
  try {
    // Made at a touch: browsers let nothing sound before one.
    context ??= new AudioContext();
    await context.resume();
    for (const [name, shown] of parts) {
      const sound = await load(clip(language, name));
      if (stopped) return;
      at = shown;
      at.setAttribute("data-heard", "");
      source = new AudioBufferSourceNode(context, { buffer: sound });
      source.connect(context.destination);
      const ended = new Promise((resolve) => { source.onended = resolve; });
      source.start(context.currentTime + PAUSE_S);
      await ended;
      at.removeAttribute("data-heard");
      if (stopped) return;
    }
  } catch (fault) {
    // A clip that is neither here nor on the network: silence, and the words are on the screen.
    console.error(fault);
  }
  if (!stopped) stopThis();
}

async function load(file) {
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`${file}: HTTP ${answer.status}`);
  return context.decodeAudioData(await answer.arrayBuffer());
}
