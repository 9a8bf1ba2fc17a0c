-- All reference data and retractions once more through the views, before any figure is made.
INSERT INTO landing (batch, line, from_store)
SELECT {batch:UInt64}, body, true
FROM events FINAL
WHERE startsWith(type, 'unit.') OR startsWith(type, 'procedure.') OR startsWith(type, 'calendar.')
  OR startsWith(type, 'target.') OR startsWith(type, 'point.') OR startsWith(type, 'device.')
  OR type = 'import.retracted'
