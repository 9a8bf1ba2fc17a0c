-- Ratings by unit-hour, summed over the units below each target and by the step asked for.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  multiIf(
    {step:String} = 'day', toStartOfDay(hour, 'Asia/Ho_Chi_Minh'), {step:String} = 'hour', toTimeZone(hour, 'Asia/Ho_Chi_Minh'),
    toDateTime(0, 'Asia/Ho_Chi_Minh')
  ) AS starts_at,
  sum(h.answered) AS answered,
  sum(h.satisfied) AS satisfied,
  sum(h.very_answered) AS very_answered,
  sum(h.very_satisfied) AS very_satisfied
FROM hours_of_ratings AS h FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
