-- grain: one row per shift on duty
-- key: unit, toStartOfHour(occurred_at), event_id
-- version: precedence
-- touched by: shift
--
-- Times on duty. An event without two instants is left out: the log may hold what ingest did not admit.
INSERT INTO shifts
SELECT unit, assumeNotNull(begins), assumeNotNull(ends), occurred_at, event_id, precedence, source
FROM
(
  SELECT
    unit, occurred_at, event_id, precedence, source,
    JSONExtract(body, 'data', 'Tuple(starts_at String, ends_at String)') AS shift,
    parseDateTime64BestEffortOrNull(shift.starts_at, 3, 'UTC') AS begins,
    parseDateTime64BestEffortOrNull(shift.ends_at, 3, 'UTC') AS ends
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type = 'staff.shift'
)
WHERE begins IS NOT NULL AND ends IS NOT NULL
