// Sends taps from the outbox to ingest. A tap leaves the outbox only when ingest has admitted or refused it.

import { recall, remember } from "/device/remembered.js";
import * as ingest from "/sending/ingest.js";
import * as outbox from "/sending/outbox.js";
import * as server from "/sending/server.js";

const BATCH = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
// The longest pause, whatever the server asks for.
const LONGEST_ASKED_MS = 600_000;
const LOOK_AGAIN_MS = 50;
const LAST = "hailong.sending";

let token = null;
let running = false;
let again = false;
let failures = 0;
let timer = null;
let notBefore_ms = 0;

class NotSent extends Error {
  constructor(message, { retryAfter_ms = 0, unreadable = false } = {}) {
    super(message);
    Object.assign(this, { retryAfter_ms, unreadable });
  }
}

// Starts sending with this device's token: at once, then whenever the network or the page's visibility changes.
export function start(deviceToken) {
  token = deviceToken;
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
  wake();
}

// Tries to send now, unless the server asked for a pause that is not over. A tablet that is not set up sends nothing.
export function wake() {
  if (token === null) return;
  if (running) again = true;
  else if (performance.now() >= notBefore_ms) run();
}

// Tries to send a tap that is in memory only; true when a server has it before the time is over.
export async function sendWithin(limit_ms, id) {
  const ends_ms = performance.now() + limit_ms;
  if (!server.isKnown()) await server.refresh();
  wake();
  while (outbox.isInMemory(id) && performance.now() < ends_ms) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  return !outbox.isInMemory(id);
}

export function lastSending() {
  return recall(LAST) ?? {};
}

async function run() {
  running = true;
  clearTimeout(timer);
  let pause_ms = LONGEST_PAUSE_MS;
  try {
    do {
      again = false;
      // Two tabs take turns, so that a tap is not posted twice; without Web Locks its id still protects it.
      await (navigator.locks ? navigator.locks.request("hailong.outbox", drain) : drain());
    } while (again);
    failures = 0;
  } catch (fault) {
    note({ problem: fault.message, problem_at: new Date(server.now()).toISOString() });
    const backoff_ms = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    failures += 1;
    const asked_ms = fault.retryAfter_ms ?? 0;
    notBefore_ms = performance.now() + asked_ms;
    // Spread, so that a hundred tablets do not come back in the same instant.
    pause_ms = Math.max(backoff_ms * (0.5 + Math.random() / 2), asked_ms);
  }
  running = false;
  timer = setTimeout(wake, pause_ms);
}

async function drain() {
  const answer = server.answer();
  if (answer) await outbox.dateBy(answer).catch(console.error);
  let limit = BATCH;
  for (;;) {
    const events = await outbox.oldest(limit);
    if (events.length === 0) return;
    let refusals;
    try {
      refusals = await post(events);
    } catch (fault) {
      if (!fault.unreadable) throw fault;
      if (events.length > 1) {
        // One of them makes the request unreadable: find it by sending each alone.
        limit = 1;
        continue;
      }
      refusals = new Map([[events[0].id, { reason: "unreadable", detail: fault.message }]]);
    }
    await outbox.settle(events, refusals);
    note({ sent_at: new Date(server.now()).toISOString() });
  }
}

// The refused ones of these events, by id; throws NotSent without a proper answer of ingest.
async function post(events) {
  let answer;
  try {
    answer = await ingest.post(events, token);
    if (answer?.status === 202) return refusalsIn(await answer.json(), events);
  } catch (fault) {
    throw new NotSent(String(fault));
  }
  if (answer === null) throw new NotSent("the server has never been reached");
  const retryAfter_ms = pauseAsked_ms(answer.headers.get("Retry-After"), server.now());
  throw new NotSent(`HTTP ${answer.status}`, { retryAfter_ms, unreadable: [400, 413].includes(answer.status) });
}

function refusalsIn({ accepted, rejected }, events) {
  // A captive portal may answer anything; only an account of every event counts as an answer.
  if (accepted + rejected.length !== events.length) throw new Error("the answer does not account for every rating");
  return new Map(rejected.map(({ index, reason, detail }) => [events[index].id, { reason, detail }]));
}

// The pause that a Retry-After asks for, in seconds or until a date (RFC 9110, 10.2.3); none when it is neither.
export function pauseAsked_ms(text, now_ms) {
  const asked_ms = /^\s*\d+\s*$/.test(text ?? "") ? Number(text) * 1000 : Date.parse(text) - now_ms;
  return asked_ms > 0 ? Math.min(asked_ms, LONGEST_ASKED_MS) : 0;
}

function note(news) {
  remember(LAST, { ...lastSending(), ...news });
}
