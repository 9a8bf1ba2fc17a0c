-- grain: one row per event of a petition
-- key: petition, toStartOfHour(occurred_at), event_id, unit, type
-- version: precedence
-- touched by: petition
--
-- What petitions say.
INSERT INTO petition_events
SELECT
  petition, occurred_at, event_id, type, unit, p.dossier AS dossier, p.category AS category, p.like AS likes,
  p.reopened AS reopened, p.confirmed AS confirmed, precedence, source
FROM
(
  SELECT
    subject AS petition, occurred_at, event_id, type, unit, precedence, source,
    JSONExtract(body, 'data', 'Tuple(dossier String, category String, like Nullable(Bool), reopened Bool, confirmed Nullable(Bool))') AS p
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE startsWith(type, 'petition.')
)
