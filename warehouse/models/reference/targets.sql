-- grain: one row per unit, indicator and first day of a local target
-- key: unit, indicator, valid_from
-- version: as_of
-- touched by: target
--
-- Local targets, from the touched events.
INSERT INTO targets
SELECT
  unit, data.indicator AS indicator, data.valid_from AS valid_from, data.valid_to AS valid_to,
  data.op AS op, data.value AS value, data.source AS source, occurred_at AS as_of
FROM
(
  SELECT
    unit, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(indicator String, valid_from Date32, valid_to Nullable(Date32), op String, value Float64, source String)'
    ) AS data
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type = 'target.defined'
)
