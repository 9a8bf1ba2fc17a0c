-- Procedures whose publication a period asked for (models/0_publications.sql). One that is late makes its procedure late.
SELECT
  transform(unit, {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumMap(mapFromArrays(keys, arrayWithConstant(length(keys), 1::UInt32))) AS cases_to_end
FROM
(
  SELECT
    argMax(p.unit, holds_from) AS unit,
    argMax(p.attributes, holds_from) AS attributes,
    maxOrNullIf(announced_late, holds_at >= {start:DateTime64(3, 'UTC')} AND holds_at < {end:DateTime64(3, 'UTC')}) AS announced,
    maxOrNullIf(told_late, decided_at >= {start:DateTime64(3, 'UTC')} AND decided_at < {end:DateTime64(3, 'UTC')}) AS told,
    arrayFilter(
      key -> key > 0,
      [
        if(announced IS NOT NULL, attributes + bitShiftLeft(9::UInt64, 56) -- announced
          + bitShiftLeft(ifNull(NOT announced, false)::UInt64, 44), 0), -- announced_in_time
        if(told IS NOT NULL, attributes + bitShiftLeft(10::UInt64, 56) -- decided
          + bitShiftLeft(ifNull(NOT told, false)::UInt64, 45), 0) -- updated_in_time
      ]
    ) AS keys
  FROM publications AS p FINAL
  WHERE is_decided
  GROUP BY procedure
)
WHERE unit IN {units:Array(String)}
GROUP BY target
