-- grain: one row per source that was taken back
-- key: source
-- touched by: retraction
-- rebuild: kept
--
-- The sources that the touched retractions take back. Only sources of files can be (contract/events/retractions.py).
INSERT INTO retracted_sources
SELECT subject
FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
WHERE type = 'import.retracted' AND startsWith(subject, 'import/')
