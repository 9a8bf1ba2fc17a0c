-- All events of one slice of the tickets that have any in the period, each ticket's together.
SELECT subject, body
FROM events FINAL
WHERE startsWith(type, 'queue.') AND cityHash64(subject) % {slices:UInt32} = {slice:UInt32} AND subject IN
(
  SELECT subject FROM events
  WHERE startsWith(type, 'queue.')
    AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
)
ORDER BY subject
