-- Ratings of some units in a period, or everything that happened there.
SELECT body
FROM events FINAL
WHERE unit IN {units:Array(String)} AND (type = 'rating.submitted' OR {every_event:Bool})
  AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
