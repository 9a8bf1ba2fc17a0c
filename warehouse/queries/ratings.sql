-- The latest ratings first; with `reasons`, only those that give one of them. '*' stands for any counter, and so on.
SELECT
  event_id, occurred_at, unit, counter, device, staff, procedure, dossier, channel, scale, score, reasons,
  fromUnixTimestamp64Milli(toInt64(18446744073709551615 - precedence), 'UTC') AS recorded_at,
  count() OVER () AS total
FROM ratings FINAL
WHERE unit IN {units:Array(String)}
  AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
  AND (empty({reasons:Array(String)}) OR hasAny(reasons, {reasons:Array(String)}))
  AND {counter:String} IN ('*', toString(counter)) AND {staff:String} IN ('*', toString(staff))
  AND {procedure:String} IN ('*', toString(procedure)) AND {channel:String} IN ('*', toString(channel))
  AND {hour:String} IN ('*', formatDateTime(occurred_at, '%H', 'Asia/Ho_Chi_Minh'))
  AND {weekday:String} IN ('*', toString(toDayOfWeek(occurred_at, 0, 'Asia/Ho_Chi_Minh')))
ORDER BY occurred_at DESC, event_id
LIMIT {limit:UInt32}
