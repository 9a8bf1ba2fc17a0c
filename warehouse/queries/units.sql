SELECT
  unit,
  argMax(parent, (valid_from, as_of)), argMax(level, (valid_from, as_of)),
  argMax(name_vi, (valid_from, as_of)), argMax(name_en, (valid_from, as_of)),
  min(valid_from), argMax(valid_to, (valid_from, as_of))
FROM units
GROUP BY unit
ORDER BY unit
SETTINGS prefer_column_name_to_alias = 1
