-- Who was on duty when, from the raw events of the touched hours. What names no two instants is nobody's duty: the log may
-- hold what ingest did not admit.
INSERT INTO shifts
SELECT unit, assumeNotNull(begins), assumeNotNull(ends), occurred_at, event_id, precedence
FROM
(
  SELECT
    unit, occurred_at, event_id, precedence, JSONExtract(body, 'data', 'Tuple(starts_at String, ends_at String)') AS s,
    parseDateTime64BestEffortOrNull(s.starts_at, 3, 'UTC') AS begins,
    parseDateTime64BestEffortOrNull(s.ends_at, 3, 'UTC') AS ends
  FROM events
  WHERE type = 'staff.shift'
    AND (unit, toStartOfHour(occurred_at)) IN
      (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind IN ('hour', 'rated_hour'))
)
WHERE begins IS NOT NULL AND ends IS NOT NULL
