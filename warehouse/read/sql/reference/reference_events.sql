-- All events on units, working days, procedures, targets, aliases, tablets and their settings, reception points, and
-- retractions, as they were sent; those on points without the retracted ones.
SELECT body
FROM events FINAL
WHERE type IN ('unit.defined', 'calendar.defined', 'calendar.day_defined', 'procedure.published', 'procedure.updated',
  'procedure.abolished', 'target.defined', 'alias.defined', 'device.paired', 'device.revoked', 'device.configured',
  'point.capability', 'import.retracted')
  AND (type != 'point.capability' OR source NOT IN (SELECT source FROM retracted_sources))
ORDER BY occurred_at, event_id
