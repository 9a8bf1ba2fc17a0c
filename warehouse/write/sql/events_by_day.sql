-- How many events each day (UTC) and unit has, some of them perhaps twice.
SELECT toDate32(occurred_at, 'UTC') AS day, toString(unit) AS of_unit, count()
FROM events
GROUP BY day, of_unit
ORDER BY day, of_unit
