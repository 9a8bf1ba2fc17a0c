-- Every event of the unit-hours in which a batch's own events lie.
-- Delays are kept to the second below ten minutes, to the minute below a day, to the day beyond, rounded up.
INSERT INTO hours_of_events
SELECT
  unit, hour, count() AS events,
  sumMap(map(toString(source), 1::UInt32)),
  sumMap(
    map(
      multiIf(
        delay_s <= 600, delay_s, delay_s <= 86400, intDiv(delay_s + 59, 60) * 60, intDiv(delay_s + 86399, 86400) * 86400
      )::UInt32,
      1::UInt32
    )
  ),
  max(recorded_at),
  events
FROM
(
  SELECT
    unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour, source, recorded_at,
    greatest(0, dateDiff('second', occurred_at, recorded_at)) AS delay_s
  FROM events FINAL
  WHERE (unit, toStartOfHour(occurred_at)) IN
    (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind IN ('hour', 'rated_hour'))
)
GROUP BY unit, hour
SETTINGS prefer_column_name_to_alias = 1
