-- The slices of the newest rebuild, in their order.
SELECT rebuild, slice, first_day, last_day, first_unit, last_unit, events, done
FROM rebuild_slices FINAL
WHERE rebuild = (SELECT max(rebuild) FROM rebuild_slices)
ORDER BY slice
