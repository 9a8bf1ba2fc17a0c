-- How many events of a source each day (UTC) and unit has that go with their import, some of them perhaps twice.
SELECT toDate32(occurred_at, 'UTC') AS day, toString(unit) AS of_unit, count()
FROM events
WHERE source = {source:String} AND has({families:Array(String)}, substringIndex(toString(type), '.', 1))
GROUP BY day, of_unit
ORDER BY day, of_unit
