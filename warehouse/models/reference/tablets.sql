-- grain: one row per event on where a tablet stands
-- key: device, said_at, event_id
-- touched by: tablet
--
-- The places of tablets, from the touched events.
INSERT INTO tablets
SELECT
  subject AS device, occurred_at AS said_at, event_id, unit, data.counter, data.name, type = 'device.revoked' AS revoked
FROM
(
  SELECT
    type, subject, occurred_at, event_id, unit,
    JSONExtract(body, 'data', 'Tuple(counter String, name String)') AS data
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type IN ('device.paired', 'device.revoked')
)
