-- All events about one dossier as they were sent, the earliest first, those that were taken back with their import
-- marked.
SELECT
  occurred_at, recorded_at, type, unit, source, event_id, body,
  source IN (SELECT source FROM retracted_sources) AS retracted
FROM events FINAL
WHERE (unit, toStartOfHour(occurred_at), type, event_id) IN
  (SELECT unit, toStartOfHour(occurred_at), type, event_id FROM dossier_events WHERE dossier = {dossier:String})
ORDER BY occurred_at, event_id
