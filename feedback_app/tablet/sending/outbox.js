// Taps on this tablet's disk until the server has acknowledged them. No age limit, nothing deleted otherwise.
// A tap that may still be given a reason is held back; a page that starts releases those that a power cut left held.
// A tap made before the server's time was known waits until it can be dated (dating.js), and is then sent.
// Taps that the disk does not take are kept in memory as long as the page lives, and are sent first.

import { dateTaps } from "/sending/dating.js";
import { isInstant } from "/sending/event.js";

const VERSION = 3;
const STORES = { outbox: "id", undated: "id", held: "id", quarantine: "id", counts: "name" };
const OPENED_WITHIN_MS = 3_000;
const MOST_IN_MEMORY = 1_000;
const TIME_REASONS = ["time_too_old", "time_in_future"];

let opened = null;
let hangs = false;
let fault = null;
const memory = new Map();
const refusedInMemory = new Map();

function open() {
  if (hangs) return Promise.reject(new DOMException("the tablet's disk does not answer", "TimeoutError"));
  opened ??= new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      hangs = true;
      fail(new DOMException("the tablet's disk does not answer", "TimeoutError"));
    }, OPENED_WITHIN_MS);
    const fail = (error) => {
      clearTimeout(late);
      opened = null;
      reject(error);
    };
    const request = indexedDB.open("hailong", VERSION);
    request.onupgradeneeded = () => {
      const there = request.result.objectStoreNames;
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!there.contains(name)) request.result.createObjectStore(name, { keyPath });
      }
    };
    request.onsuccess = () => {
      clearTimeout(late);
      hangs = false;
      request.result.onclose = () => { opened = null; };
      // A newer page in another tab waits until this one closes the database.
      request.result.onversionchange = () => {
        request.result.close();
        opened = null;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      hangs = false;
      fail(request.error);
    };
  }).catch((error) => {
    // Also for errors that a browser throws at once.
    opened = null;
    throw error;
  });
  return opened;
}

function value(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// Runs `work` in one transaction and resolves with its result once that is on disk.
async function inTransaction(mode, work) {
  try {
    return await transact(mode, work);
  } catch (error) {
    fault = error?.name ?? "Error";
    throw error;
  }
}

async function transact(mode, work) {
  const transaction = (await open()).transaction(Object.keys(STORES), mode, { durability: "strict" });
  const committed = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("the tablet could not store"));
  });
  const stores = Object.fromEntries(Object.keys(STORES).map((name) => [name, transaction.objectStore(name)]));
  const worked = work(stores).then((result) => {
    // It would commit by itself, but only after a further turn of the event loop.
    transaction.commit();
    return result;
  });
  const [result] = await Promise.all([worked, committed]);
  return result;
}

// Keeps a tap; a held one is not sent yet. True when it is on disk; else it is in memory, not held, and may be lost. The
// citizen waits for this, so nothing is read before it is written. Throws when memory is full as well.
export async function add(event, { held: isHeld = false } = {}) {
  try {
    await inTransaction("readwrite", async (stores) => {
      if (event.time) stores.counts.put({ name: "last", at: event.time });
      (isHeld ? stores.held : queueOf(event, stores)).add(event);
    });
    fault = null;
    return true;
  } catch (error) {
    console.error(error);
    if (memory.size >= MOST_IN_MEMORY) throw error;
    memory.set(event.id, event);
    return false;
  }
}

function queueOf(event, { outbox, undated }) {
  return event.time ? outbox : undated;
}

// Releases a held tap with the reasons given meanwhile. Another tab's start may have released it before.
export function release(id, reasons) {
  return inTransaction("readwrite", async (stores) => {
    const event = await value(stores.held.get(id));
    if (!event) return;
    queueOf(event, stores).add(reasons.length ? { ...event, data: { ...event.data, reasons } } : event);
    stores.held.delete(id);
  });
}

// Writes to find out whether the disk works (again).
async function tryDisk() {
  await inTransaction("readwrite", async ({ counts }) => counts.put({ name: "tried" }));
  fault = null;
}

// Releases all held taps, when the page starts.
export async function releaseAll() {
  await tryDisk();
  return inTransaction("readwrite", async (stores) => {
    for (const event of await value(stores.held.getAll())) queueOf(event, stores).add(event);
    stores.held.clear();
  });
}

// Dates the taps that waited for the server's time, for good: what is sent never changes. `answer` is server.js's.
export async function dateBy(answer) {
  const waiting = [...memory.values()].filter(({ time }) => !time);
  for (const event of dateTaps(waiting, answer)) memory.set(event.id, event);
  await inTransaction("readwrite", async ({ outbox, undated, counts }) => {
    if ((await value(undated.count())) === 0) return;
    const dated = dateTaps(await value(undated.getAll()), answer);
    for (const event of dated) outbox.put(event);
    undated.clear();
    const newest = dated.map(({ time }) => time).sort().at(-1);
    const last = await value(counts.get("last"));
    if (!(last?.at > newest)) counts.put({ name: "last", at: newest });
  });
}

// The oldest taps first: their ids begin with their time. Before it is sent for the first time each is given the tablet's
// next number for good; two tabs cannot take the same one. What is in memory only goes before, without a number.
export async function oldest(limit) {
  const unsafe = [...memory.values()].filter(({ time }) => time).slice(0, limit);
  if (unsafe.length) return unsafe;
  return inTransaction("readwrite", async ({ outbox, counts }) => {
    const events = await value(outbox.getAll(null, limit));
    if (events.every(({ data }) => data.counter_n)) return events;
    let { n } = (await value(counts.get("taps"))) ?? { n: 0 };
    const numbered = events.map((event) => (event.data.counter_n ? event : { ...event, data: { ...event.data, counter_n: (n += 1) } }));
    for (const event of numbered) outbox.put(event);
    counts.put({ name: "taps", n });
    return numbered;
  });
}

// Ends a batch: admitted taps are deleted, refused ones stay in quarantine. `refusals` is a Map from id to
// {reason, detail}.
export async function settle(events, refusals) {
  const onDisk = events.filter(({ id }) => !memory.has(id));
  for (const event of events.filter(({ id }) => memory.delete(id))) {
    if (refusals.has(event.id)) refusedInMemory.set(event.id, { id: event.id, event, ...refusals.get(event.id) });
  }
  if (onDisk.length === 0) return;
  await inTransaction("readwrite", async ({ outbox, quarantine }) => {
    for (const event of onDisk) {
      outbox.delete(event.id);
      const refusal = refusals.get(event.id);
      if (refusal) quarantine.put({ id: event.id, event, ...refusal });
    }
  });
}

// Puts refused taps back in the queue, for when the cause is gone (a unit was missing): all of them, or those that were
// refused for their time alone. These are dated anew; no server has kept them, so that their id stands for nothing else.
export async function sendQuarantinedAgain({ onlyTimes = false } = {}) {
  const again = ({ reason }) => !onlyTimes || TIME_REASONS.includes(reason);
  for (const refused of [...refusedInMemory.values()].filter(again)) {
    memory.set(refused.id, afresh(refused));
    refusedInMemory.delete(refused.id);
  }
  await inTransaction("readwrite", async (stores) => {
    for (const refused of (await value(stores.quarantine.getAll())).filter(again)) {
      const event = afresh(refused);
      queueOf(event, stores).put(event);
      stores.quarantine.delete(refused.id);
    }
  });
}

// A tap refused for its time keeps only the device's clock, as far as that can be right.
function afresh({ event: { time, ...event }, reason }) {
  if (!TIME_REASONS.includes(reason)) return { time, ...event };
  const { device_time, ...others } = event.data;
  const monotonic_ms = event.data.monotonic_ms ?? 0;
  const device_ms = Date.parse(device_time ?? time);
  const data = { ...others, ...(device_time && isInstant(device_ms) && { device_time }) };
  return { ...event, data, tapped: { stretch: event.id, n: 0, began_ms: monotonic_ms, monotonic_ms, device_ms, floor_ms: null, compared: null } };
}

// The waiting and the refused taps; those on the disk are missing when it cannot be read. `fault` is the browser's name for
// the disk's fault, null when it has none.
export async function state() {
  if (fault) await tryDisk().catch(() => {});
  const onDisk = await inTransaction("readonly", async ({ outbox, undated, held, quarantine, counts }) => {
    const [unsent, waiting, kept, [first], refused, last] = await Promise.all([
      value(outbox.count()), value(undated.count()), value(held.count()), value(outbox.getAll(null, 1)), value(quarantine.getAll()),
      value(counts.get("last")),
    ]);
    return { waiting: unsent + waiting + kept, undated: waiting, oldest: first?.time ?? null, refused, lastTap: last?.at ?? null };
  }).catch(() => ({ waiting: 0, undated: 0, oldest: null, refused: [], lastTap: null }));
  const [first] = memory.values();
  return {
    ...onDisk,
    waiting: onDisk.waiting + memory.size,
    oldest: onDisk.oldest ?? first?.time ?? null,
    refused: [...onDisk.refused, ...refusedInMemory.values()],
    inMemory: memory.size,
    fault,
  };
}

// How many taps would be lost with the page.
export function inMemory() {
  return memory.size;
}

export function isInMemory(id) {
  return memory.has(id);
}
