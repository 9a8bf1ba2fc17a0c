-- The ratings of every touched unit-hour. What "satisfied" means on each scale comes from the contract.
INSERT INTO hours_of_ratings
SELECT
  unit, hour,
  count() AS answered,
  countIf(score >= satisfied_level),
  countIf(very_level != {never:Int8}),
  countIf(score >= very_level),
  countIf(score >= satisfied_level OR notEmpty(blames)),
  sumMap(mapFromArrays(blames, arrayWithConstant(length(blames), 1::UInt32))),
  countIf(mapContains(answers, 'nd61_4')),
  sum(answers['nd61_4']),
  answered
FROM
(
  SELECT
    unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour, score, answers,
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
