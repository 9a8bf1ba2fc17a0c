// Starts the page: identifies the tablet, chooses what to show, and keeps the page alive on an unattended tablet.

import * as configuration from "/device/configuration.js";
import { healthPage } from "/device/health.js";
import { identify } from "/device/identity.js";
import { pairingPage } from "/device/pairing.js";
import { commentCode } from "/question/comment.js";
import { keepSpeech } from "/question/listen.js";
import { ratingPage } from "/question/rating.js";
import { element } from "/screen/dom.js";
import { whenIdle } from "/screen/idle.js";
import { layOut } from "/screen/layout.js";
import { dateTaps } from "/sending/dating.js";
import { ratingEvent } from "/sending/event.js";
import * as heartbeat from "/sending/heartbeat.js";
import * as ingest from "/sending/ingest.js";
import * as outbox from "/sending/outbox.js";
import * as sender from "/sending/sender.js";
import * as server from "/sending/server.js";

const CLOCK_REFRESH_MS = 30_000;
const UPDATE_CHECK_MS = 3_600_000;
const TIMES_AGAIN_MS = 3_600_000;
const RESTART_MS = 5_000;
const SEND_UNSAFE_MS = 4_000;
const KNOWN_AGAIN_MS = 12_000;

async function start() {
  const health = new URLSearchParams(location.search).has("health");
  const device = identify();
  const texts = await (await fetch("/texts.json")).json();
  const root = document.body.appendChild(element("main"));
  let page = { isBusy: () => false };
  // A failing disk is reported on /?health and to the server; it stops nothing.
  const released = outbox.releaseAll().catch(console.error);
  if (health) await healthPage(root, texts, device);
  else if (device) page = showQuestion(root, ordered(texts, device.languages), device);
  else pairingPage(root, texts);
  if (device && !health) keepKnown(page, () => showEnded(root, texts));
  if (!health) blockGestures();
  await released;
  keepClock();
  if (device) sender.start(device.token);
  if (device) heartbeat.start(device);
  if (device) configuration.follow(device, () => reloadWhenIdle(page));
  if (device) keepTimes();
  navigator.storage?.persist?.().catch(() => {});
  keepAwake();
  await keepOffline(page);
}

// Taps that are in memory only would be lost with the page.
function reloadWhenIdle(page) {
  whenIdle({ isBusy: () => page.isBusy() || outbox.inMemory() > 0 }, () => location.reload());
}

// Sends taps again that were refused for their time: a wrong clock is no reason to ask the staff.
function keepTimes() {
  const again = () => outbox.sendQuarantinedAgain({ onlyTimes: true }).then(sender.wake, console.error);
  setInterval(again, TIMES_AGAIN_MS);
  again();
}

function showEnded(root, texts) {
  layOut({});
  pairingPage(root, texts, { wasPaired: true });
}

// The texts of the configured languages, in that order; all of them when the page has none of those.
function ordered(texts, languages = []) {
  const named = languages.filter((code) => code in texts);
  return named.length ? Object.fromEntries(named.map((code) => [code, texts[code]])) : texts;
}

function showQuestion(root, texts, device) {
  layOut(device);
  let last = null;
  const shown = ratingPage(root, texts, device, {
    async keep(score, language, { mayGiveReasons }) {
      const event = ratingEvent(device, score, language, server);
      const isOnDisk = await outbox.add(event, { held: mayGiveReasons });
      last = event;
      if (!isOnDisk) return { id: event.id, on: (await sender.sendWithin(SEND_UNSAFE_MS, event.id)) ? "server" : "memory" };
      if (!mayGiveReasons) sender.wake();
      return { id: event.id, on: "disk" };
    },
    async giveReasons(id, reasons) {
      await outbox.release(id, reasons);
      sender.wake();
    },
    // A link holds the time of the tap.
    async commentCode() {
      const tap = last;
      if (!tap.time && !server.isKnown()) await server.refresh();
      const [dated] = tap.time ? [tap] : server.isKnown() ? dateTaps([tap], server.answer()) : [];
      return dated ? commentCode(device, dated) : null;
    },
  });
  const [first] = Object.keys(texts);
  // A citizen who chose another language is still there, until the page goes back by itself.
  return { isBusy: () => shown.isBusy() || document.documentElement.lang !== first };
}

// A revoked tablet shows that once nobody is at it; its taps stay, and it goes on when it is known again.
function keepKnown(page, show) {
  let ended = false;
  ingest.onAnswer((isKnown) => {
    // A tablet paired again under its former code is known before it has fetched its new place.
    if (isKnown && ended) setTimeout(() => location.reload(), KNOWN_AGAIN_MS);
    if (isKnown || ended) return;
    ended = true;
    whenIdle(page, show);
  });
}

function keepClock() {
  // Taps that waited for the time can go now.
  server.onKnown(sender.wake);
  const look = () => {
    server.keepFloor();
    server.refresh();
  };
  look();
  setInterval(look, CLOCK_REFRESH_MS);
  addEventListener("online", look);
  document.addEventListener("visibilitychange", () => document.hidden || look());
}

// Nobody should leave the page or find a menu by going back, pressing long or with two fingers.
function blockGestures() {
  for (const name of ["contextmenu", "dragstart", "selectstart", "gesturestart"]) {
    document.addEventListener(name, (event) => event.preventDefault());
  }
  history.pushState(null, "");
  addEventListener("popstate", () => history.pushState(null, ""));
  document.addEventListener("touchmove", (event) => event.preventDefault(), { passive: false });
  document.addEventListener("wheel", (event) => event.preventDefault(), { passive: false });
}

function keepAwake() {
  const ask = () => document.hidden || navigator.wakeLock?.request("screen").catch(() => {});
  document.addEventListener("visibilitychange", ask);
  ask();
}

// Installs the copy that starts without a network; a newer version is taken over between two citizens.
async function keepOffline(page) {
  try {
    if (!navigator.serviceWorker) return;
    if (navigator.serviceWorker.controller) {
      navigator.serviceWorker.addEventListener("controllerchange", () => reloadWhenIdle(page));
    }
    const registration = await navigator.serviceWorker.register("/sw.js");
    keepSpeech();
    setInterval(() => registration.update().catch(() => {}), UPDATE_CHECK_MS);
  } catch {
    // Without a network an installed copy goes on; the next start tries again. A browser that keeps nothing installs none.
  }
}

// Nobody stands by to press "reload": a start that failed half-way is tried again.
start().catch((fault) => {
  console.error(fault);
  setTimeout(() => location.reload(), RESTART_MS);
});
