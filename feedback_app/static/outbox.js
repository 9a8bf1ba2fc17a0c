// Taps on this tablet's disk until the server has acknowledged them. No age limit, nothing deleted otherwise.
// A tap that may still be given a reason is held back; a page that starts lets go of all that an end of power held.

const VERSION = 2;
const STORES = { outbox: "id", held: "id", quarantine: "id", counts: "name" };

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("hailong", VERSION);
    request.onupgradeneeded = () => {
      const there = request.result.objectStoreNames;
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!there.contains(name)) request.result.createObjectStore(name, { keyPath });
      }
    };
    request.onsuccess = () => {
      request.result.onclose = () => { opened = null; };
      // A newer page in another tab waits until we let go.
      request.result.onversionchange = () => {
        request.result.close();
        opened = null;
      };
      resolve(request.result);
    };
    request.onerror = () => {
      opened = null;
      reject(request.error);
    };
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
  const transaction = (await open()).transaction(Object.keys(STORES), mode, { durability: "strict" });
  const committed = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("the tablet could not store"));
  });
  const stores = Object.fromEntries(Object.keys(STORES).map((name) => [name, transaction.objectStore(name)]));
  const worked = work(stores).then((found) => {
    // It would end by itself, but only after a further turn.
    transaction.commit();
    return found;
  });
  const [result] = await Promise.all([worked, committed]);
  return result;
}

// Keeps a tap; a held one is not sent yet. The citizen waits for this, so nothing is read before it is written.
export function add(event, { held: isHeld = false } = {}) {
  return inTransaction("readwrite", async ({ outbox, held, counts }) => {
    counts.put({ name: "last", at: event.time });
    (isHeld ? held : outbox).add(event);
  });
}

// Lets a held tap go, with the reasons given meanwhile. Another tab's start may have let it go before.
export function release(id, reasons) {
  return inTransaction("readwrite", async ({ outbox, held }) => {
    const event = await value(held.get(id));
    if (!event) return;
    outbox.add(reasons.length ? { ...event, data: { ...event.data, reasons } } : event);
    held.delete(id);
  });
}

export function releaseAll() {
  return inTransaction("readwrite", async ({ outbox, held }) => {
    for (const event of await value(held.getAll())) outbox.add(event);
    held.clear();
  });
}

// The oldest taps first: their ids begin with their time. Before it is sent for the first time each is given the tablet's
// next number for good; two tabs cannot take the same one.
export function oldest(limit) {
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

// Ends a batch: what was admitted goes, what was refused stays in quarantine. `refusals` is a Map from id to
// {reason, detail}.
export function settle(events, refusals) {
  return inTransaction("readwrite", async ({ outbox, quarantine }) => {
    for (const event of events) {
      outbox.delete(event.id);
      const refusal = refusals.get(event.id);
      if (refusal) quarantine.put({ id: event.id, event, ...refusal });
    }
  });
}

// Puts every refused tap back in the queue, for when the cause is gone (a unit was missing, a clock was wrong).
export function sendQuarantinedAgain() {
  return inTransaction("readwrite", async ({ outbox, quarantine }) => {
    for (const { event } of await value(quarantine.getAll())) outbox.put(event);
    quarantine.clear();
  });
}

export function state() {
  return inTransaction("readonly", async ({ outbox, held, quarantine, counts }) => {
    const [unsent, kept, [first], refused, last] = await Promise.all([
      value(outbox.count()), value(held.count()), value(outbox.getAll(null, 1)), value(quarantine.getAll()),
      value(counts.get("last")),
    ]);
    return { waiting: unsent + kept, oldest: first?.time ?? null, refused, lastTap: last?.at ?? null };
  });
}
