SELECT body
FROM events FINAL
WHERE type IN ('unit.defined', 'procedure.published', 'procedure.updated', 'procedure.abolished', 'calendar.day_defined')
ORDER BY occurred_at
