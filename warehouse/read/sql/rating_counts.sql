-- Ratings by unit-hour, summed over the units below each target and by the step asked for.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  multiIf(
    {step:String} = 'day', toStartOfDay(hour, {zone}), {step:String} = 'hour', toTimeZone(hour, {zone}),
    toDateTime(0, {zone})
  ) AS starts_at,
  sum(h.answered) AS answered,
  sum(h.satisfied) AS satisfied,
  sum(h.very_answered) AS very_answered,
  sum(h.very_satisfied) AS very_satisfied,
  sum(h.explained) AS explained,
  sumMap(h.blamed)['access'] AS blamed_access,
  sumMap(h.blamed)['procedure'] AS blamed_procedure,
  sumMap(h.blamed)['staff'] AS blamed_staff,
  sumMap(h.blamed)['result'] AS blamed_result,
  sumMap(h.blamed)['feedback'] AS blamed_feedback,
  sum(h.offices_answers) AS offices_answers,
  sum(h.offices_points) AS offices_points
FROM hours_of_ratings AS h FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
