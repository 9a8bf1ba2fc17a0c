-- Every word on units, working days, procedures, targets, aliases, tablets, what they follow, and reception points, as it was sent.
SELECT body
FROM events FINAL
WHERE type IN ('unit.defined', 'calendar.defined', 'calendar.day_defined', 'procedure.published', 'procedure.updated', 'procedure.abolished',
  'target.defined', 'alias.defined', 'device.paired', 'device.revoked', 'device.configured', 'point.capability')
ORDER BY occurred_at, event_id
