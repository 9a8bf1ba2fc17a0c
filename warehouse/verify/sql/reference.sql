SELECT body
FROM events FINAL
WHERE type IN (
  'unit.defined', 'procedure.published', 'procedure.updated', 'procedure.abolished', 'calendar.defined',
  'calendar.day_defined', 'point.capability'
)
ORDER BY occurred_at
