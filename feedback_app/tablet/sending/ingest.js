// Speaks to ingest with this tablet's token, and notices when that is known there no more.

import * as server from "/sending/server.js";

const ANSWER_TIMEOUT_MS = 10_000;

let whenKnown = () => {};

// `act` is told at each answer whether this tablet's token is known.
export function onAnswer(act) {
  whenKnown = act;
}

// The answer to these events; null when it is not known yet where ingest is. Rejects when nothing answers.
export async function post(events, token) {
  if (server.ingestUrl() === null && !(await server.refresh())) return null;
  const answer = await fetch(`${server.ingestUrl()}/v1/events`, {
    method: "POST",
    headers: { "Content-Type": "application/cloudevents-batch+json", Authorization: `Bearer ${token}` },
    body: JSON.stringify(events),
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  if (answer.status === 202) whenKnown(true);
  else if (answer.status === 403 && (await isOurs(answer))) whenKnown(false);
  return answer;
}

// What ingest tells this tablet at a path, or null when it does not.
export async function get(path, token) {
  if (server.ingestUrl() === null && !(await server.refresh())) return null;
  const answer = await fetch(`${server.ingestUrl()}${path}`, {
    headers: { Authorization: `Bearer ${token}` },
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  return answer.ok ? answer.json() : null;
}

// A captive portal refuses as well, but not in ingest's words.
async function isOurs(answer) {
  const body = await answer.clone().json().catch(() => null);
  return typeof body?.detail === "string";
}
