-- Tickets called in a period, and within 15 minutes, by the hour of the day or the weekday in Vietnam.
SELECT
  '' AS within,
  if({by:String} = 'hour', formatDateTime(hour, '%H', {zone}), toString(toDayOfWeek(hour, 0, {zone}))) AS part,
  sum(hours.called) AS called,
  sum(hours.called_in_time) AS called_in_time
FROM hours_of_tickets AS hours FINAL
WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
GROUP BY part
HAVING called > 0
ORDER BY part
