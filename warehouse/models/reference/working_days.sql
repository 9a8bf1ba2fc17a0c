-- grain: one row per calendar and day
-- key: calendar, day
-- version: as_of
-- touched by: calendar
--
-- Days of calendars as the touched events tell them.
INSERT INTO working_days
SELECT d.calendar AS calendar, d.date AS day, d.sessions AS sessions, occurred_at AS as_of
FROM
(
  SELECT
    occurred_at,
    JSONExtract(body, 'data', 'Tuple(calendar String, date Date32, sessions Array(Array(String)))') AS d
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type = 'calendar.day_defined'
)
