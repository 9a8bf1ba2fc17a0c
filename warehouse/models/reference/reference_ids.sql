-- grain: one row per event that appointments depend on
-- key: event_id
-- touched by: calendar, procedure
-- after: units, procedures, working_days, calendar_zones, calendar_days, unit_calendars, publications
--
-- The events that appointments depend on. Last of the reference data: a reader that sees the new number of rules also
-- sees the new rules, and rows made from them replace the others.
INSERT INTO reference_ids
SELECT event_id
FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
WHERE startsWith(type, 'unit.') OR startsWith(type, 'procedure.') OR startsWith(type, 'calendar.')
