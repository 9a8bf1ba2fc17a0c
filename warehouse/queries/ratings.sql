-- The latest ratings first; with `reasons`, only those that give one of them.
SELECT event_id, occurred_at, unit, counter, device, staff, channel, scale, score, reasons
FROM ratings FINAL
WHERE unit IN {units:Array(String)}
  AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
  AND (empty({reasons:Array(String)}) OR hasAny(reasons, {reasons:Array(String)}))
ORDER BY occurred_at DESC, event_id
LIMIT {limit:UInt32}
