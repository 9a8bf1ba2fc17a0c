-- Ratings by unit-hour, summed over the units below each target and by the `step` (hour, day or all).
SELECT
  {include:target},
  {include:starts_at},
  sum(hours.answered) AS answered,
  sum(hours.satisfied) AS satisfied,
  sum(hours.very_answered) AS very_answered,
  sum(hours.very_satisfied) AS very_satisfied,
  sum(hours.explained) AS explained,
  sumMap(hours.blamed)['access'] AS blamed_access,
  sumMap(hours.blamed)['procedure'] AS blamed_procedure,
  sumMap(hours.blamed)['staff'] AS blamed_staff,
  sumMap(hours.blamed)['result'] AS blamed_result,
  sumMap(hours.blamed)['feedback'] AS blamed_feedback,
  sum(hours.offices_answers) AS offices_answers,
  sum(hours.offices_points) AS offices_points
FROM hours_of_ratings AS hours FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
