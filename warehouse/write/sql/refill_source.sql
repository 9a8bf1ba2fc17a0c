-- The events of a slice that go with their import once more through the views, but for their raw rows. Also those
-- whose id another event has that was recorded before: the keys that they touched are recomputed as well.
INSERT INTO landing (batch, line, from_store)
SELECT {batch:UInt64}, body, true
FROM events
WHERE occurred_at >= toDateTime64({first_day:Date32}, 3, 'UTC')
  AND occurred_at < toDateTime64(addDays({last_day:Date32}, 1), 3, 'UTC')
  AND unit >= {first_unit:String} AND unit <= {last_unit:String}
  AND source = {source:String} AND has({families:Array(String)}, substringIndex(toString(type), '.', 1))
SETTINGS optimize_on_insert = 0
