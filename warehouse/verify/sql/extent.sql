-- From when to when events happened, and how many belong to dossiers and to tickets.
SELECT
  minOrNull(occurred_at), maxOrNull(occurred_at),
  countIf(startsWith(type, 'dossier.') OR startsWith(type, 'component.') OR type = 'payment.paid'),
  countIf(startsWith(type, 'queue.'))
FROM events
