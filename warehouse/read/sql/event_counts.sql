-- All events by unit-hour, summed over the units below each target and by the step asked for.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  multiIf(
    {step:String} = 'day', toStartOfDay(hour, {zone}), {step:String} = 'hour', toTimeZone(hour, {zone}),
    toDateTime(0, {zone})
  ) AS starts_at,
  sum(h.events) AS events,
  sumMap(h.delays_s) AS delays_s
FROM hours_of_events AS h FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
