-- The events of a source by type: how many distinct ones, from when to when, and about how many units.
SELECT toString(type) AS event_type, count() AS events, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
  uniqExact(unit) AS units
FROM events FINAL
WHERE source = {source:String}
GROUP BY event_type
ORDER BY events DESC, event_type
