-- grain: one row per event of a petition
-- key: petition, toStartOfHour(occurred_at), event_id, unit, type
-- version: precedence
-- touched by: petition
--
-- The steps of petitions, from the touched events.
INSERT INTO petition_events
SELECT
  petition, occurred_at, event_id, type, unit, data.dossier AS dossier, data.category AS category, data.like AS likes,
  data.reopened AS reopened, data.confirmed AS confirmed, precedence, source
FROM
(
  SELECT
    subject AS petition, occurred_at, event_id, type, unit, precedence, source,
    JSONExtract(
      body, 'data',
      'Tuple(
        dossier String, category String, like Nullable(Bool), reopened Bool, confirmed Nullable(Bool)
      )'
    ) AS data
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE startsWith(type, 'petition.')
)
