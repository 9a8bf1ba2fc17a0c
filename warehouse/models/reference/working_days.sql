-- grain: one row per calendar and day
-- key: calendar, day
-- version: as_of
-- touched by: calendar
--
-- Days of calendars, from the touched events.
INSERT INTO working_days
SELECT data.calendar AS calendar, data.date AS day, data.sessions AS sessions, occurred_at AS as_of
FROM
(
  SELECT
    occurred_at,
    JSONExtract(body, 'data', 'Tuple(calendar String, date Date32, sessions Array(Array(String)))') AS data
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type = 'calendar.day_defined'
)
