-- grain: one row per event on the capabilities of a reception point
-- key: unit, said_at, event_id
-- touched by: point
--
-- What reception points can do, from the touched events.
INSERT INTO capabilities
SELECT
  unit, occurred_at AS said_at, event_id,
  capability.digitisation_workflow AS digitises, capability.e_certified_copy AS certifies,
  capability.results_in_force AS results, capability.results_digitised AS digitised, source
FROM
(
  SELECT
    unit, occurred_at, event_id, source,
    JSONExtract(
      body, 'data',
      'Tuple(
        digitisation_workflow Nullable(Bool), e_certified_copy Nullable(Bool), results_in_force Nullable(UInt64),
        results_digitised Nullable(UInt64)
      )'
    ) AS capability
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type = 'point.capability'
)
