-- The latest ratings first; with `reasons`, only those that give one of them. '*' stands for any counter, and so on.
-- A replaced rating is listed only when its reasons are asked for, with `replaced` true. It counts nowhere, but an
-- accusation must not vanish because the citizen withdrew it, possibly under pressure.
SELECT
  event_id, occurred_at, unit, counter, device, staff, procedure, dossier, channel, scale, score, reasons,
  fromUnixTimestamp64Milli(toInt64({highest_precedence} - precedence), 'UTC') AS recorded_at,
  (unit, toStartOfHour(occurred_at), event_id, dossier) IN
    (SELECT unit, hour, event_id, dossier FROM replaced_ratings WHERE unit IN {units:Array(String)}) AS replaced,
  count() OVER () AS total
FROM ratings FINAL
WHERE unit IN {units:Array(String)} AND source NOT IN (SELECT source FROM retracted_sources)
  AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
  AND if(empty({reasons:Array(String)}), NOT replaced, hasAny(reasons, {reasons:Array(String)}))
  AND {counter:String} IN ('*', toString(counter)) AND {staff:String} IN ('*', toString(staff))
  AND {procedure:String} IN ('*', toString(procedure)) AND {channel:String} IN ('*', toString(channel))
  AND {hour:String} IN ('*', formatDateTime(occurred_at, '%H', {zone}))
  AND {weekday:String} IN ('*', toString(toDayOfWeek(occurred_at, 0, {zone})))
ORDER BY occurred_at DESC, event_id
LIMIT {limit:UInt32}
