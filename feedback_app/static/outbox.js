// Taps on this tablet's disk until the server has acknowledged them. No age limit, nothing deleted otherwise.

const STORES = { outbox: "id", quarantine: "id", counts: "name" };

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("hailong", 1);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) request.result.createObjectStore(name, { keyPath });
    };
    request.onsuccess = () => {
      request.result.onclose = () => { opened = null; };
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
  const [result] = await Promise.all([work(stores), committed]);
  return result;
}

// Keeps a tap and gives it the tablet's next number; two tabs cannot take the same one.
export function add(event) {
  return inTransaction("readwrite", async ({ outbox, counts }) => {
    const taps = await value(counts.get("taps"));
    const counter_n = (taps?.n ?? 0) + 1;
    counts.put({ name: "taps", n: counter_n });
    outbox.add({ ...event, data: { ...event.data, counter_n } });
  });
}

// The oldest taps first: their ids begin with their time.
export function oldest(limit) {
  return inTransaction("readonly", ({ outbox }) => value(outbox.getAll(null, limit)));
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
  return inTransaction("readonly", async ({ outbox, quarantine }) => {
    const [waiting, [first], refused] = await Promise.all([
      value(outbox.count()), value(outbox.getAll(null, 1)), value(quarantine.getAll()),
    ]);
    return { waiting, oldest: first?.time ?? null, refused };
  });
}
