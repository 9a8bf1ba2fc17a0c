-- Which ratings the touched replacements stand in place of. They name unit, dossier, id and time of theirs; what fits none
-- replaces none.
INSERT INTO replaced_ratings
SELECT
  unit, toStartOfHour(parseDateTime64BestEffortOrNull(told.replaces.time, 3, 'UTC'))::DateTime('UTC') AS hour,
  told.replaces.id, told.dossier
FROM
(
  SELECT
    unit,
    JSONExtract(body, 'data', 'Tuple(dossier String, replaces Tuple(id UUID, time String))') AS told
  FROM events FINAL
  WHERE type = 'rating.submitted'
    AND (unit, toStartOfHour(occurred_at)) IN
      (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'replacement')
)
WHERE told.dossier != '' AND toYear(parseDateTime64BestEffortOrNull(told.replaces.time, 3, 'UTC')) BETWEEN 2000 AND 2099
  AND told.replaces.id != toUUID('00000000-0000-0000-0000-000000000000')
