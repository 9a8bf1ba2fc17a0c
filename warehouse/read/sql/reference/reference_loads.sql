-- The loads of reference data, the latest first. Their keys are looked up without reading any event's body.
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
