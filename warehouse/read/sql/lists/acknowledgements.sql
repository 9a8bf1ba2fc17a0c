-- Acknowledgements of alerts, the latest first. Their keys are looked up without reading any event's body.
SELECT unit, subject AS about, occurred_at, JSONExtractString(body, 'data', 'by') AS by,
  JSONExtractString(body, 'data', 'comment') AS comment
FROM events FINAL
WHERE (unit, toStartOfHour(occurred_at), type, event_id) IN
  (
    SELECT unit, toStartOfHour(occurred_at), type, event_id
    FROM events
    WHERE type = 'alert.acknowledged' AND unit IN {units:Array(String)}
      AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
  )
  AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
ORDER BY occurred_at DESC, event_id
