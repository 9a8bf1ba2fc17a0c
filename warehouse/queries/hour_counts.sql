-- Counts by unit-hour, summed over a period and over the units below each target.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sum(answered) AS answered,
  sum(satisfied) AS satisfied,
  sum(dissatisfied) AS dissatisfied,
  sum(very_answered) AS very_answered,
  sum(very_satisfied) AS very_satisfied,
  sum(tickets_issued) AS tickets_issued,
  sum(tickets_called) AS tickets_called,
  sum(tickets_called_in_time) AS tickets_called_in_time,
  sum(tickets_served) AS tickets_served,
  sum(tickets_abandoned) AS tickets_abandoned,
  sum(dossiers_returned) + sum(tickets_served) AS finished_transactions,
  sum(events) AS events,
  sumMap(waits_s) AS waits_s,
  sumMap(delays_s) AS delays_s
FROM unit_hours FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target
SETTINGS prefer_column_name_to_alias = 1
