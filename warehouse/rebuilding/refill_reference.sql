-- What all appointments are counted from, before any of them is.
INSERT INTO landing (batch, line, from_store)
SELECT {batch:UInt64}, body, true
FROM events FINAL
WHERE startsWith(type, 'unit.') OR startsWith(type, 'procedure.') OR startsWith(type, 'calendar.')
  OR startsWith(type, 'target.') OR startsWith(type, 'point.') OR startsWith(type, 'device.')
