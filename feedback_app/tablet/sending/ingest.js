// Requests to ingest with this tablet's token; notices when the token is not valid there any more.

import * as server from "/sending/server.js";

const ANSWER_TIMEOUT_MS = 10_000;

let whenKnown = () => {};

// Calls `act` at each answer with whether this tablet's token is known.
export function onAnswer(act) {
  whenKnown = act;
}

// The answer to these events; null when ingest's address is not known yet. Rejects when nothing answers.
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

// Ingest's answer at a path; null for any other status than a success.
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

// A captive portal refuses as well, but not in ingest's format.
async function isOurs(answer) {
  const body = await answer.clone().json().catch(() => null);
  return typeof body?.detail === "string";
}
