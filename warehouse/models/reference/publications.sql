-- grain: one row per version of a procedure
-- key: procedure, holds_from
-- touched by: calendar, procedure
-- after: units, procedures, unit_calendars, calendar_days
--
-- Publications as Decision 766 counts them: decided so many working days or more before they hold (1.1: a ministry
-- 20, others 5), reported within so many of being decided (1.2: a ministry 10, others 5). Without a calendar nothing
-- is due.
INSERT INTO publications
WITH days AS (SELECT * FROM calendar_days FINAL)
SELECT
  p.procedure, p.holds_from, p.unit, p.attributes,
  NOT p.abolished AND since.calendar != '' AS is_decided,
  toDateTime64(assumeNotNull(p.decided_on), 3, {zone}),
  toDateTime64(p.effective_on, 3, {zone}),
  if(is_decided AND announcing.calendar != '', announcing.day > p.effective_on, NULL),
  if(is_decided AND reporting.calendar != '', reporting.day < p.told_on, NULL)
FROM (SELECT * FROM procedures FINAL) AS p
LEFT JOIN
(
  SELECT unit, argMax(level, (valid_from, as_of)) = 'ministry' AS is_ministry
  FROM units
  GROUP BY unit
) AS publishing ON p.unit = publishing.unit
LEFT JOIN (SELECT * FROM unit_calendars FINAL) AS calendars ON p.unit = calendars.unit
LEFT JOIN days AS since ON calendars.calendar = since.calendar AND p.decided_on = since.day
LEFT JOIN (SELECT * FROM days WHERE worked_s > 0) AS announcing
  ON calendars.calendar = announcing.calendar
  AND since.day_number + (since.worked_s = 0) + if(publishing.is_ministry, 20, 5) = announcing.day_number
LEFT JOIN (SELECT * FROM days WHERE worked_s > 0) AS reporting
  ON calendars.calendar = reporting.calendar
  AND since.day_number + (since.worked_s = 0) + if(publishing.is_ministry, 10, 5) = reporting.day_number
