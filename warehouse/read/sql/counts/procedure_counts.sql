-- Procedures in force at the end of a period, for the units that publish them, by their attributes and by what any of
-- their dossiers has that was received in the period within the same target.
WITH
  -- The attributes that come from the procedure itself, not from its dossiers.
  {procedure_attributes}::UInt64 AS own_attributes,
  used AS
  (
    SELECT
      {include:target},
      tupleElement(used_there, 1) AS procedure,
      groupBitOr(tupleElement(used_there, 2)) AS attributes
    FROM
    (
      SELECT unit, arrayJoin(CAST(used, 'Array(Tuple(String, UInt64))')) AS used_there
      FROM days_of_dossiers FINAL
      WHERE day >= {first_whole_day:Date} AND day < {last_day:Date} AND unit IN {units:Array(String)}
      UNION ALL
      SELECT unit, (toString(procedure), attributes)
      FROM dossier_days FINAL
      WHERE (day = {last_day:Date} OR (day = {first_day:Date} AND day < {first_whole_day:Date}))
        AND received_on = day
        AND received_at >= {start:DateTime64(3, 'UTC')} AND received_at < {end:DateTime64(3, 'UTC')}
        AND unit IN {units:Array(String)}
    )
    GROUP BY target, procedure
  ),
  in_force AS
  (
    SELECT
      p.procedure AS procedure,
      transform(argMax(p.unit, (p.holds_from, p.as_of)), {units:Array(String)}, {targets:Array(String)}, '') AS target,
      argMax(p.attributes, (p.holds_from, p.as_of)) AS attributes
    FROM procedures AS p FINAL
    WHERE p.holds_from < {end:DateTime64(3, 'UTC')}
    GROUP BY p.procedure
    HAVING NOT argMax(p.abolished, (p.holds_from, p.as_of))
      AND argMax(p.unit, (p.holds_from, p.as_of)) IN {units:Array(String)}
  )
SELECT
  in_force.target AS target,
  sumMap(
    map(
      {step:offered}
        + bitOr(
          in_force.attributes,
          bitAnd(used.attributes, bitNot(own_attributes))
        ),
      1::UInt32
    )
  ) AS cases_to_end
FROM in_force
LEFT JOIN used ON in_force.target = used.target AND in_force.procedure = used.procedure
GROUP BY target
