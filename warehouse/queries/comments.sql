-- What was written beside ratings, on the same page or by a link of their own, as masked at the door. Their units and
-- hours lead to them; a comment by link comes within half an hour.
SELECT event_id, unit, JSONExtractString(body, 'data', 'comment') AS comment
FROM events FINAL
WHERE type IN ('rating.submitted', 'rating.commented') AND unit IN {units:Array(String)}
  AND toStartOfHour(occurred_at) IN {hours:Array(DateTime('UTC'))} AND event_id IN {ids:Array(UUID)}
  AND comment != '' AND source NOT IN (SELECT source FROM retracted_sources)
