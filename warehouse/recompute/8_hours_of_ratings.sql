-- The ratings of every touched unit-hour. What "satisfied" means on each scale comes from the contract.
INSERT INTO hours_of_ratings
SELECT
  unit, hour,
  count() AS answered,
  countIf(score >= satisfied_level),
  countIf(very_level != {never:Int8}),
  countIf(score >= very_level),
  answered
FROM
(
  SELECT
    unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour, score,
    transform(toString(scale), {scales:Array(String)}, {satisfied_from:Array(Int8)}, {never:Int8}) AS satisfied_level,
    transform(toString(scale), {scales:Array(String)}, {very_from:Array(Int8)}, {never:Int8}) AS very_level
  FROM ratings FINAL
  WHERE (unit, toStartOfHour(occurred_at)) IN
    (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'rated_hour')
)
GROUP BY unit, hour
