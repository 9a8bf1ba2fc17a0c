-- grain: one row per unit and hour
-- key: unit, hour
-- version: version
-- touched by: hour, rated_hour
-- after: petitions, months_of_dossiers, applied_rules, hours_of_tickets, hours_of_ratings
--
-- All events of the unit-hours in which a batch's events lie, but for those of retracted imports, which the version
-- counts twice, so that it grows when they go. Made last: an event counted here is in every other figure.
-- Delays are kept to the second below ten minutes, to the minute below a day, to the day beyond, rounded up.
INSERT INTO hours_of_events
SELECT
  unit, hour, countIf(stands) AS events,
  sumMapIf(map(toString(source), 1::UInt32), stands),
  sumMapIf(
    map(
      multiIf(
        delay_s <= 600, delay_s, delay_s <= 86400, intDiv(delay_s + 59, 60) * 60, intDiv(delay_s + 86399, 86400) * 86400
      )::UInt32,
      1::UInt32
    ),
    stands
  ),
  maxIf(recorded_at, stands),
  count() + countIf(NOT stands)
FROM
(
  SELECT
    unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour, source, recorded_at,
    NOT (
      has({retracted:Array(String)}, toString(source))
      AND has({families:Array(String)}, substringIndex(toString(type), '.', 1))
    ) AS stands,
    greatest(0, dateDiff('second', occurred_at, recorded_at)) AS delay_s
  FROM events FINAL
  WHERE (unit, toStartOfHour(occurred_at)) IN
    (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind IN ('hour', 'rated_hour'))
)
GROUP BY unit, hour
SETTINGS prefer_column_name_to_alias = 1
