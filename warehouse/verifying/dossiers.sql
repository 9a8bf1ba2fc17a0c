-- All events of one slice of the dossiers, each dossier's together.
SELECT subject, body
FROM events FINAL
WHERE (startsWith(type, 'dossier.') OR startsWith(type, 'component.') OR type = 'payment.paid')
  AND cityHash64(subject) % {slices:UInt32} = {slice:UInt32}
ORDER BY subject
