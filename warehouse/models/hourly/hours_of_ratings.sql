-- grain: one row per unit and hour
-- key: unit, hour
-- version: version
-- touched by: rated_hour
-- after: replacements, touched_by_replacements
--
-- The ratings of every touched unit-hour, but for those of retracted imports and those that another rating replaces.
-- The levels from which a citizen is satisfied on each scale come from the contract (warehouse/scales.py).
--
-- Ratings, replacements and retractions only become more. The version counts each rating and each replacement, and
-- each retracted one of either once more, so that it also grows when a rating counts again.
INSERT INTO hours_of_ratings
SELECT
  unit, hour,
  countIf(stands),
  countIf(stands AND score >= satisfied_level),
  countIf(stands AND very_level != {no_level}),
  countIf(stands AND score >= very_level),
  countIf(stands AND (score >= satisfied_level OR notEmpty(blames))),
  sumMapIf(mapFromArrays(blames, arrayWithConstant(length(blames), 1::UInt32)), stands),
  countIf(stands AND mapContains(answers, 'nd61_4')),
  sumIf(answers['nd61_4'], stands),
  count() + countIf(is_retracted) + sum(seen)
FROM
(
  SELECT
    unit, hour, score, answers, is_retracted, replaced.seen AS seen,
    NOT is_retracted AND replaced.standing = 0 AS stands,
    arrayDistinct(
      arrayFilter(
        factor -> factor != '',
        arrayMap(
          reason -> transform(toString(reason), {reasons:Array(String)}, {factors:Array(String)}, ''), reasons
        )
      )
    ) AS blames,
    transform(toString(scale), {scales:Array(String)}, {satisfied_from:Array(Int8)}, {no_level}) AS satisfied_level,
    transform(toString(scale), {scales:Array(String)}, {very_from:Array(Int8)}, {no_level}) AS very_level
  FROM
  (
    SELECT
      unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour, event_id, dossier, score, scale, reasons, answers,
      has({retracted:Array(String)}, toString(source)) AS is_retracted
    FROM ratings FINAL
    WHERE (unit, toStartOfHour(occurred_at)) IN
      (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'rated_hour')
  ) AS rated
  LEFT JOIN
  (
    {include:ratings_with_replacements}
    WHERE (unit, hour) IN
      (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'rated_hour')
    GROUP BY unit, hour, event_id, dossier
  ) AS replaced USING (unit, hour, event_id, dossier)
)
GROUP BY unit, hour
