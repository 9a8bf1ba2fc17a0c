-- The events of a slice once more through the views, but for their raw rows.
INSERT INTO landing (batch, line, from_store)
SELECT {batch:UInt64}, body, true
FROM events FINAL
WHERE occurred_at >= toDateTime64({first_day:Date32}, 3, 'UTC')
  AND occurred_at < toDateTime64(addDays({last_day:Date32}, 1), 3, 'UTC')
  AND unit >= {first_unit:String} AND unit <= {last_unit:String}
SETTINGS optimize_on_insert = 0
