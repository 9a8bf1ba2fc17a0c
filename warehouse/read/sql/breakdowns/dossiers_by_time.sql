-- Dossiers received, and dossiers ended with a result, in a period, by the hour of the day or the weekday of that
-- step.
SELECT
  '' AS within,
  if({by:String} = 'hour', formatDateTime(step.2, '%H', {zone}), toString(toDayOfWeek(step.2, 0, {zone}))) AS part,
  countIf(step.1 = 'received') AS received,
  countIf(step.1 = 'settled') AS settled,
  countIf(step.1 = 'settled' AND late) AS settled_late
FROM
(
  SELECT
    late,
    arrayJoin(arrayConcat(
      if(received_on = day, [('received', received_at)], []),
      if(completed AND closed_on = day, [('settled', closed_at)], [])
    )) AS step
  FROM dossier_days FINAL
  WHERE day >= {first_day:Date} AND day <= {last_day:Date} AND unit IN {units:Array(String)}
)
WHERE step.2 >= {start:DateTime64(3, 'UTC')} AND step.2 < {end:DateTime64(3, 'UTC')}
GROUP BY part
ORDER BY part
