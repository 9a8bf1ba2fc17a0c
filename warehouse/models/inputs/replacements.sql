-- grain: one row per rating and the rating that replaces it
-- key: unit, hour, event_id, dossier, by_hour, by_event_id
-- version: precedence
-- touched by: replacement
--
-- Which ratings the touched replacements stand in place of. They name unit, dossier, id and time of theirs; what fits none
-- replaces none.
INSERT INTO replacements
SELECT
  unit, toStartOfHour(replaced_at)::DateTime('UTC'), told.replaces.id, told.dossier,
  toStartOfHour(occurred_at)::DateTime('UTC'), event_id, source, precedence
FROM
(
  SELECT
    unit, occurred_at, event_id, source, precedence,
    JSONExtract(body, 'data', 'Tuple(dossier String, replaces Tuple(id UUID, time String))') AS told,
    parseDateTime64BestEffortOrNull(told.replaces.time, 3, 'UTC') AS replaced_at
  FROM events FINAL
  WHERE type = 'rating.submitted'
    AND (unit, toStartOfHour(occurred_at)) IN
      (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'replacement')
)
WHERE told.dossier != '' AND toYear(replaced_at) BETWEEN 2000 AND 2099
  AND told.replaces.id != toUUID('00000000-0000-0000-0000-000000000000')
