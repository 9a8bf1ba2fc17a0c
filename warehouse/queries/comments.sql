-- What was written beside ratings, as masked at the door. Their units and hours lead to them.
SELECT event_id, JSONExtractString(body, 'data', 'comment') AS comment
FROM events FINAL
WHERE type = 'rating.submitted' AND unit IN {units:Array(String)}
  AND toStartOfHour(occurred_at) IN {hours:Array(DateTime('UTC'))} AND event_id IN {ids:Array(UUID)}
  AND comment != ''
