INSERT INTO unit_calendars
SELECT unit_paths.unit, argMinIf(own.calendar, unit_paths.distance, own.calendar != '')
FROM unit_paths
INNER JOIN (SELECT unit, argMax(calendar, (valid_from, as_of)) AS calendar FROM units GROUP BY unit) AS own
  ON unit_paths.ancestor = own.unit
GROUP BY unit_paths.unit
