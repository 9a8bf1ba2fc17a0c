-- The results in force that units last reported, and how many of them are digitised.
SELECT
  transform(unit, {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sum(last_results) AS stock_results,
  sum(last_digitised) AS stock_digitised
FROM
(
  SELECT
    unit,
    argMaxIf(assumeNotNull(results), (said_at, event_id), results IS NOT NULL) AS last_results,
    argMaxIf(assumeNotNull(digitised), (said_at, event_id), digitised IS NOT NULL) AS last_digitised
  FROM capabilities FINAL
  WHERE said_at < {end:DateTime64(3, 'UTC')} AND unit IN {units:Array(String)}
    AND source NOT IN (SELECT source FROM retracted_sources)
  GROUP BY unit
)
GROUP BY target
