// Keeps one whole version of the page, so that it starts without a network. A version is installed completely or not
// at all, and the browser compares this script with what it imports to see that there is a newer one.

importScripts("/shell.js");

const CACHE = `shell-${self.SHELL.version}`;

self.addEventListener("install", (event) => {
  const requests = self.SHELL.files.map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const dropOthers = async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(dropOthers());
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  const file = event.request.mode === "navigate" && address.pathname === "/" ? "/" : address.pathname;
  if (self.SHELL.files.includes(file)) event.respondWith(kept(file).then((copy) => copy ?? fetch(event.request)));
  if (self.SHELL.speech.includes(file)) event.respondWith(kept(file).then((copy) => copy ?? fetchAndKeep(file)));
});

async function kept(file) {
  return (await caches.open(CACHE)).match(file);
}

// Spoken clips are kept when they are first requested, not before the page can start.
async function fetchAndKeep(file) {
  const answer = await fetch(file, { cache: "reload" });
  if (answer.ok) await (await caches.open(CACHE)).put(file, answer.clone());
  return answer;
}
