-- All events by unit-hour, summed over the units below each target and by the step asked for.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  multiIf(
    {step:String} = 'day', toStartOfDay(hour, 'Asia/Ho_Chi_Minh'), {step:String} = 'hour', toTimeZone(hour, 'Asia/Ho_Chi_Minh'),
    toDateTime(0, 'Asia/Ho_Chi_Minh')
  ) AS starts_at,
  sum(h.events) AS events,
  sumMap(h.delays_s) AS delays_s
FROM hours_of_events AS h FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY target, starts_at
