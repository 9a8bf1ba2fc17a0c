-- Who was on duty when, from the raw events of the touched hours.
INSERT INTO shifts
SELECT
  unit, parseDateTime64BestEffort(s.starts_at, 3, 'UTC') AS starts_at, parseDateTime64BestEffort(s.ends_at, 3, 'UTC') AS ends_at,
  occurred_at, event_id, precedence
FROM
(
  SELECT
    unit, occurred_at, event_id, precedence, JSONExtract(body, 'data', 'Tuple(starts_at String, ends_at String)') AS s
  FROM events
  WHERE type = 'staff.shift'
    AND (unit, toStartOfHour(occurred_at)) IN
      (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind IN ('hour', 'rated_hour'))
)
