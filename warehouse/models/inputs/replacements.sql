-- grain: one row per rating and the rating that replaces it
-- key: unit, hour, event_id, dossier, by_hour, by_event_id
-- version: precedence
-- touched by: replacement
--
-- The ratings that the touched replacements replace. A replacement names unit, dossier, id and time of the other
-- rating; one that matches no rating replaces none.
INSERT INTO replacements
SELECT
  unit, toStartOfHour(replaced_at)::DateTime('UTC'), data.replaces.id, data.dossier,
  toStartOfHour(occurred_at)::DateTime('UTC'), event_id, source, precedence
FROM
(
  SELECT
    unit, occurred_at, event_id, source, precedence,
    JSONExtract(body, 'data', 'Tuple(dossier String, replaces Tuple(id UUID, time String))') AS data,
    parseDateTime64BestEffortOrNull(data.replaces.time, 3, 'UTC') AS replaced_at
  FROM events FINAL
  WHERE type = 'rating.submitted'
    AND (unit, toStartOfHour(occurred_at)) IN
      (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'replacement')
)
WHERE data.dossier != '' AND toYear(replaced_at) BETWEEN 2000 AND 2099
  AND data.replaces.id != toUUID('00000000-0000-0000-0000-000000000000')
