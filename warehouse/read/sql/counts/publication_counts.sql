-- Procedures whose publication was required in a period (models/reference/publications.sql). One late publication
-- makes its procedure late.
SELECT
  transform(unit, {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumMap(mapFromArrays(keys, arrayWithConstant(length(keys), 1::UInt32))) AS cases_to_end
FROM
(
  SELECT
    argMax(p.unit, holds_from) AS unit,
    argMax(p.attributes, holds_from) AS attributes,
    maxOrNullIf(
      announced_late, holds_at >= {start:DateTime64(3, 'UTC')} AND holds_at < {end:DateTime64(3, 'UTC')}
    ) AS is_announced_late,
    maxOrNullIf(
      told_late, decided_at >= {start:DateTime64(3, 'UTC')} AND decided_at < {end:DateTime64(3, 'UTC')}
    ) AS is_updated_late,
    arrayFilter(
      key -> key > 0,
      [
        if(is_announced_late IS NOT NULL, attributes + {step:announced}
          + bitShiftLeft(ifNull(NOT is_announced_late, false)::UInt64, {attribute:announced_in_time}), 0),
        if(is_updated_late IS NOT NULL, attributes + {step:decided}
          + bitShiftLeft(ifNull(NOT is_updated_late, false)::UInt64, {attribute:updated_in_time}), 0)
      ]
    ) AS keys
  FROM publications AS p FINAL
  WHERE is_decided
  GROUP BY procedure
)
WHERE unit IN {units:Array(String)}
GROUP BY target
