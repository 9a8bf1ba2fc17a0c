-- Ratings of a period by one of their columns: counter, member of staff, tablet, procedure, channel, or the time in
-- Vietnam at which they were given. The first three belong to a unit, which is returned with them as `within`.
SELECT
  if({by:String} IN ('counter', 'staff', 'device'), toString(unit), '') AS within,
  multiIf(
    {by:String} = 'counter', toString(counter),
    {by:String} = 'staff', toString(staff),
    {by:String} = 'device', toString(device),
    {by:String} = 'procedure', toString(procedure),
    {by:String} = 'hour', formatDateTime(occurred_at, '%H', {zone}),
    {by:String} = 'weekday', toString(toDayOfWeek(occurred_at, 0, {zone})),
    toString(channel)
  ) AS part,
  count() AS answered,
  countIf(
    score >= transform(toString(scale), {scales:Array(String)}, {satisfied_from:Array(Int8)}, {no_level})
  ) AS satisfied
FROM ratings FINAL
WHERE unit IN {units:Array(String)} AND source NOT IN (SELECT source FROM retracted_sources)
  AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
  AND (unit, toStartOfHour(occurred_at), event_id, dossier) NOT IN
    (SELECT unit, hour, event_id, dossier FROM replaced_ratings WHERE unit IN {units:Array(String)})
GROUP BY within, part
ORDER BY answered DESC, within, part
