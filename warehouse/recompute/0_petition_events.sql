-- What petitions say, from the raw events of the touched hours.
INSERT INTO petition_events
SELECT
  petition, occurred_at, event_id, type, unit, p.dossier AS dossier, p.category AS category, p.like AS likes,
  p.reopened AS reopened, p.confirmed AS confirmed, precedence
FROM
(
  SELECT
    subject AS petition, occurred_at, event_id, type, unit, precedence,
    JSONExtract(body, 'data', 'Tuple(dossier String, category String, like Nullable(Bool), reopened Bool, confirmed Nullable(Bool))') AS p
  FROM events
  WHERE startsWith(type, 'petition.')
    AND (unit, toStartOfHour(occurred_at)) IN
      (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind IN ('hour', 'rated_hour'))
)
