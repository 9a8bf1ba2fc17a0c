-- Counts by hour or day of Vietnam, for charts.
SELECT
  if({step:String} = 'day', toStartOfDay(hour, 'Asia/Ho_Chi_Minh'), toTimeZone(hour, 'Asia/Ho_Chi_Minh')) AS starts_at,
  sum(answered) AS answered, sum(satisfied) AS satisfied, sum(tickets_issued) AS tickets_issued,
  sum(tickets_called) AS tickets_called, sum(tickets_served) AS tickets_served,
  sumMap(waits_s) AS waits_s,
  sum(dossiers_received) AS dossiers_received, sum(dossiers_completed) AS dossiers_completed,
  sum(dossiers_late) AS dossiers_late
FROM unit_hours FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY starts_at
ORDER BY starts_at
SETTINGS prefer_column_name_to_alias = 1
