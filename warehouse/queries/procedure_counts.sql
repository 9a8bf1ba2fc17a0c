-- Procedures in force at the end of a period, by their attributes, for the units that publish them.
SELECT
  transform(in_force.unit, {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumMap(map(bitShiftLeft(6::UInt64, 56) + attributes, 1::UInt32)) AS cases_to_end -- offered
FROM
(
  SELECT
    argMax(p.unit, (p.holds_from, p.as_of)) AS unit,
    argMax(p.attributes, (p.holds_from, p.as_of)) AS attributes,
    argMax(p.abolished, (p.holds_from, p.as_of)) AS gone
  FROM procedures AS p FINAL
  WHERE p.holds_from < {end:DateTime64(3, 'UTC')}
  GROUP BY p.procedure
) AS in_force
WHERE NOT gone AND unit IN {units:Array(String)}
GROUP BY target
