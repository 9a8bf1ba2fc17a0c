-- grain: one row per unit
-- key: unit
-- touched by: calendar
-- after: units, calendar_zones
INSERT INTO unit_calendars (unit, calendar, zone)
SELECT inherited.unit, inherited.calendar, if(zones.zone = '', {zone}, toString(zones.zone))
FROM
(
  SELECT unit_paths.unit AS unit, argMinIf(own.calendar, unit_paths.distance, own.calendar != '') AS calendar
  FROM unit_paths
  INNER JOIN (SELECT unit, argMax(calendar, (valid_from, as_of)) AS calendar FROM units GROUP BY unit) AS own
    ON unit_paths.ancestor = own.unit
  GROUP BY unit_paths.unit
) AS inherited
LEFT JOIN (SELECT calendar, zone FROM calendar_zones FINAL) AS zones ON inherited.calendar = zones.calendar
