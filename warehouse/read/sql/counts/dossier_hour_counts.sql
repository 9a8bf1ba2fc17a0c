-- Steps of dossiers by unit-hour, summed over the units below each target and by the `step` (hour, day or all).
SELECT
  {include:target},
  {include:starts_at},
  sum(received) AS dossiers_received,
  sum(completed) AS dossiers_completed,
  sum(late) AS dossiers_late,
  sum(returned) AS dossiers_returned
FROM
(
  SELECT
    unit,
    toDateTime(toStartOfDay(day, {zone}), 'UTC') + toIntervalHour(of_day) AS hour,
    countEqual(received_hours, of_day) AS received,
    countEqual(completed_hours, of_day) AS completed,
    countEqual(late_hours, of_day) AS late,
    countEqual(returned_hours, of_day) AS returned
  FROM days_of_dossiers FINAL
  ARRAY JOIN range(24)::Array(UInt8) AS of_day
  WHERE unit IN {units:Array(String)}
    AND day >= toDate({start:DateTime('UTC')}, {zone}) AND day <= toDate({end:DateTime('UTC')}, {zone})
    AND (received OR completed OR returned)
)
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')}
GROUP BY target, starts_at
