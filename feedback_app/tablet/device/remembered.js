// What this tablet remembers beside its taps (those are in outbox.js): who it is, and what the server said last.
// Where the browser keeps nothing (storage refused, or full) it is remembered until the page ends.

const inMemory = new Map();

// What was remembered under this name; null for nothing, and for what cannot be read.
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

// Whether all of it outlives the page.
export function isKept() {
  return inMemory.size === 0;
}
