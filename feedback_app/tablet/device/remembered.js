// What this tablet remembers beside its taps (those are in outbox.js): its identity and the server's last answer.
// Where the browser keeps nothing (storage refused, or full), until the page ends.

const inMemory = new Map();

// The value under this name; null where there is none or it cannot be read.
export function recall(name) {
  try {
    return JSON.parse(inMemory.get(name) ?? localStorage.getItem(name));
  } catch {
    return null;
  }
}

export function remember(name, value) {
  const text = JSON.stringify(value);
  try {
    localStorage.setItem(name, text);
    inMemory.delete(name);
  } catch {
    inMemory.set(name, text);
  }
}

// Whether all values outlive the page.
export function isKept() {
  return inMemory.size === 0;
}
