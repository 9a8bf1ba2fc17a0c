-- The retractions of a source, the earliest first. Their keys are looked up without reading any event's body.
SELECT occurred_at, body
FROM events FINAL
WHERE (unit, toStartOfHour(occurred_at), type, event_id) IN
  (
    SELECT unit, toStartOfHour(occurred_at), type, event_id
    FROM events
    WHERE type = 'import.retracted' AND subject = {source:String}
  )
ORDER BY occurred_at, event_id
