-- The ratings of every touched unit-hour, but for the replaced ones. What "satisfied" means on each scale comes from the
-- contract. Ratings and replaced ones only become more, so that their number together is a version.
INSERT INTO hours_of_ratings
SELECT
  unit, hour,
  countIf(stands),
  countIf(stands AND score >= satisfied_level),
  countIf(stands AND very_level != {never:Int8}),
  countIf(stands AND score >= very_level),
  countIf(stands AND (score >= satisfied_level OR notEmpty(blames))),
  sumMapIf(mapFromArrays(blames, arrayWithConstant(length(blames), 1::UInt32)), stands),
  countIf(stands AND mapContains(answers, 'nd61_4')),
  sumIf(answers['nd61_4'], stands),
  count() + countIf(NOT stands)
FROM
(
  SELECT
    unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour, score, answers,
    (unit, hour, event_id, dossier) NOT IN
    (
      SELECT unit, hour, event_id, dossier FROM replaced_ratings
      WHERE (unit, hour) IN (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'rated_hour')
    ) AS stands,
    arrayDistinct(
      arrayFilter(factor -> factor != '', arrayMap(reason -> transform(toString(reason), {reasons:Array(String)}, {factors:Array(String)}, ''), reasons))
    ) AS blames,
    transform(toString(scale), {scales:Array(String)}, {satisfied_from:Array(Int8)}, {never:Int8}) AS satisfied_level,
    transform(toString(scale), {scales:Array(String)}, {very_from:Array(Int8)}, {never:Int8}) AS very_level
  FROM ratings FINAL
  WHERE (unit, toStartOfHour(occurred_at)) IN
    (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'rated_hour')
)
GROUP BY unit, hour
