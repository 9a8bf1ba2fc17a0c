-- Queue tickets by unit-hour, summed over the units below each target and by the step asked for.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  multiIf(
    {step:String} = 'day', toStartOfDay(hour, {zone}), {step:String} = 'hour', toTimeZone(hour, {zone}),
    toDateTime(0, {zone})
  ) AS starts_at,
  sum(issued) AS tickets_issued,
  sum(called) AS tickets_called,
  sum(called_in_time) AS tickets_called_in_time,
  sum(served) AS tickets_served,
  sum(abandoned) AS tickets_abandoned,
  sumMap(h.waits_s) AS waits_s,
  sum(h.handlings) AS handlings,
  sum(h.handled_s) AS handled_s
FROM hours_of_tickets AS h FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
