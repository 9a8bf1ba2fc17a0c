-- Queue tickets by unit-hour, summed over the units below each target and by the `step` (hour, day or all).
SELECT
  {include:target},
  {include:starts_at},
  sum(issued) AS tickets_issued,
  sum(called) AS tickets_called,
  sum(called_in_time) AS tickets_called_in_time,
  sum(served) AS tickets_served,
  sum(abandoned) AS tickets_abandoned,
  sumMap(hours.waits_s) AS waits_s,
  sum(hours.handlings) AS handlings,
  sum(hours.handled_s) AS handled_s
FROM hours_of_tickets AS hours FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
