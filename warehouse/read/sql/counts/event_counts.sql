-- All events by unit-hour, summed over the units below each target and by the `step` (hour, day or all).
SELECT
  {include:target},
  {include:starts_at},
  sum(hours.events) AS events,
  sumMap(hours.delays_s) AS delays_s
FROM hours_of_events AS hours FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
