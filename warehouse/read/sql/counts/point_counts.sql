-- Reception points in service at the end of a period, by their capabilities.
SELECT
  transform(unit, {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumMap(
    map(
      {step:serving}
        + bitShiftLeft((level = 'service_point')::UInt64, {point_attribute:commune})
        + bitShiftLeft(coalesce(digitises, false)::UInt64, {point_attribute:digitises})
        + bitShiftLeft(coalesce(certifies, false)::UInt64, {point_attribute:certifies}),
      1::UInt32
    )
  ) AS cases_to_end
FROM
(
  SELECT u.unit AS unit, argMax((u.level, u.valid_to), (u.valid_from, u.as_of)) AS newest, newest.1 AS level
  FROM units AS u FINAL
  WHERE u.valid_from <= {last_moment:Date32}
  GROUP BY unit
  HAVING level IN ('branch', 'service_point') AND coalesce(newest.2 >= {last_moment:Date32}, true)
) AS points
LEFT JOIN
(
  SELECT
    unit AS reporting_unit,
    argMaxIf(c.digitises, (c.said_at, c.event_id), c.digitises IS NOT NULL) AS digitises,
    argMaxIf(c.certifies, (c.said_at, c.event_id), c.certifies IS NOT NULL) AS certifies
  FROM capabilities AS c FINAL
  WHERE said_at < {end:DateTime64(3, 'UTC')} AND c.source NOT IN (SELECT source FROM retracted_sources)
  GROUP BY reporting_unit
) AS reported ON unit = reporting_unit
WHERE unit IN {units:Array(String)}
GROUP BY target
