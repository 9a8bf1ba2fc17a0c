// Posts events to ingest with this tablet's token.

import * as server from "/server.js";

const ANSWER_TIMEOUT_MS = 10_000;

// The answer to these events; null when it is not known yet where ingest is. Rejects when nothing answers.
export async function post(events, token) {
  if (server.ingestUrl() === null && !(await server.refresh())) return null;
  return fetch(`${server.ingestUrl()}/v1/events`, {
    method: "POST",
    headers: { "Content-Type": "application/cloudevents-batch+json", Authorization: `Bearer ${token}` },
    body: JSON.stringify(events),
    cache: "no-store",
    credentials: "omit",
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
}
