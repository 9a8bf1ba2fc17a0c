-- grain: one row per calendar
-- key: calendar
-- version: as_of
-- touched by: calendar
--
-- The zone of a calendar's hours. A zone that the store does not know becomes Vietnam's: the log may hold what ingest
-- did not admit.
INSERT INTO calendar_zones
SELECT subject AS calendar, if(zone IN (SELECT time_zone FROM system.time_zones), zone, {zone}), occurred_at
FROM
(
  SELECT subject, occurred_at, JSONExtractString(body, 'data', 'zone') AS zone
  FROM touched_events(batches = {batches:Array(UInt64)})
  WHERE type = 'calendar.defined'
)
