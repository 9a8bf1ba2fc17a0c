-- Who loaded reference data and what that changed, the latest first. Their keys are found without reading any event's body.
SELECT subject AS sha256, occurred_at, body
FROM events FINAL
WHERE (unit, toStartOfHour(occurred_at), type, event_id) IN
  (
    SELECT unit, toStartOfHour(occurred_at), type, event_id
    FROM events
    WHERE type = 'reference.loaded'
  )
ORDER BY occurred_at DESC, event_id
LIMIT {limit:UInt32}
