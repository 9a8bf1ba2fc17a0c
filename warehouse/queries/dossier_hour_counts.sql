-- Steps of dossiers by unit-hour, summed over the units below each target and by the step asked for.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  multiIf(
    {step:String} = 'day', toStartOfDay(hour, 'Asia/Ho_Chi_Minh'), {step:String} = 'hour', toTimeZone(hour, 'Asia/Ho_Chi_Minh'),
    toDateTime(0, 'Asia/Ho_Chi_Minh')
  ) AS starts_at,
  sum(received) AS dossiers_received,
  sum(completed) AS dossiers_completed,
  sum(late) AS dossiers_late,
  sum(returned) AS dossiers_returned
FROM hours_of_dossiers AS h FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
