-- Every word on units, working days, procedures, targets, aliases, tablets, what they follow, reception points, and imports
-- taken back, as it was sent; none on a point that was taken back itself.
SELECT body
FROM events FINAL
WHERE type IN ('unit.defined', 'calendar.defined', 'calendar.day_defined', 'procedure.published', 'procedure.updated',
  'procedure.abolished', 'target.defined', 'alias.defined', 'device.paired', 'device.revoked', 'device.configured',
  'point.capability', 'import.retracted')
  AND (type != 'point.capability' OR source NOT IN (SELECT source FROM retracted_sources))
ORDER BY occurred_at, event_id
