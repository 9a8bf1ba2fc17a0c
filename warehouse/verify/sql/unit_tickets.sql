-- All events of the tickets that had any at some units about the time, each ticket's together. A ticket lives a day,
-- so that a month to either side holds all of it.
SELECT subject, body
FROM events FINAL
WHERE startsWith(type, 'queue.')
  AND occurred_at >= {start:DateTime64(3, 'UTC')} - INTERVAL 31 DAY
  AND occurred_at < {end:DateTime64(3, 'UTC')} + INTERVAL 31 DAY
  AND subject IN
  (
    SELECT subject FROM events
    WHERE unit IN {units:Array(String)} AND startsWith(type, 'queue.')
      AND occurred_at >= {start:DateTime64(3, 'UTC')} - INTERVAL 1 DAY
      AND occurred_at < {end:DateTime64(3, 'UTC')} + INTERVAL 1 DAY
  )
ORDER BY subject
