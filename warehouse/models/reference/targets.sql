-- grain: one row per unit, indicator and first day of a local target
-- key: unit, indicator, valid_from
-- version: as_of
-- touched by: target
--
-- Local targets as the touched events set them.
INSERT INTO targets
SELECT
  unit, t.indicator AS indicator, t.valid_from AS valid_from, t.valid_to AS valid_to, t.op AS op, t.value AS value,
  t.source AS source, occurred_at AS as_of
FROM
(
  SELECT
    unit, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(indicator String, valid_from Date32, valid_to Nullable(Date32), op String, value Float64, source String)'
    ) AS t
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type = 'target.defined'
)
