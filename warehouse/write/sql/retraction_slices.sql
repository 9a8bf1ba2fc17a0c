-- The slices of the plan that is followed for a source, in their order.
SELECT plan, slice, first_day, last_day, first_unit, last_unit, events, done
FROM retraction_slices FINAL
WHERE source = {source:String} AND plan = (SELECT min(plan) FROM retraction_slices WHERE source = {source:String})
ORDER BY slice
