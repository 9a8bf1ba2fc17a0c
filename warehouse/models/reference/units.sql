-- grain: one row per version of a unit
-- key: unit, valid_from
-- version: as_of
-- touched by: calendar
--
-- Units, from the touched events.
INSERT INTO units
SELECT
  subject AS unit, data.valid_from AS valid_from, data.valid_to AS valid_to, data.parent AS parent, data.level AS level,
  data.name_vi AS name_vi, data.name_en AS name_en, data.calendar AS calendar, occurred_at AS as_of
FROM
(
  SELECT
    subject, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(
        valid_from Date32, valid_to Nullable(Date32), parent String, level String, name_vi String, name_en String,
        calendar String
      )'
    ) AS data
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type = 'unit.defined'
)
