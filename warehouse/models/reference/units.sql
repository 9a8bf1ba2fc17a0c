-- grain: one row per unit and first day of what is stated of it
-- key: unit, valid_from
-- version: as_of
-- touched by: calendar
--
-- Units as the touched events tell them.
INSERT INTO units
SELECT
  subject AS unit, u.valid_from AS valid_from, u.valid_to AS valid_to, u.parent AS parent, u.level AS level,
  u.name_vi AS name_vi, u.name_en AS name_en, u.calendar AS calendar, occurred_at AS as_of
FROM
(
  SELECT
    subject, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(valid_from Date32, valid_to Nullable(Date32), parent String, level String, name_vi String, name_en String, calendar String)'
    ) AS u
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type = 'unit.defined'
)
