-- Who took care of what, the latest first.
SELECT unit, subject AS about, occurred_at, JSONExtractString(body, 'data', 'by') AS by,
  JSONExtractString(body, 'data', 'comment') AS comment
FROM events FINAL
WHERE type = 'alert.acknowledged' AND unit IN {units:Array(String)}
  AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
ORDER BY occurred_at DESC, event_id
