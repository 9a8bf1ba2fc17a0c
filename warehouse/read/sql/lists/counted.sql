-- Figures that were sent as numbers, of periods that share a day with this one; the newest event on each
-- holds.
SELECT
  unit, figure.indicator AS indicator,
  toDate32OrNull(figure.first_day) AS first_day, toDate32OrNull(figure.last_day) AS last_day,
  argMax(figure.numerator, newest) AS numerator,
  argMax(tuple(figure.denominator), newest).1 AS denominator,
  argMax(figure.source, newest) AS source,
  argMax(figure.name_vi, newest) AS name_vi,
  argMax(figure.name_en, newest) AS name_en,
  max(occurred_at) AS told_at
FROM
(
  SELECT
    unit, occurred_at, (occurred_at, event_id) AS newest,
    JSONExtract(
      body, 'data',
      'Tuple(
        indicator String, first_day String, last_day String, numerator Float64, denominator Nullable(Float64),
        source String, name_vi String, name_en String
      )'
    ) AS figure
  FROM events FINAL
  WHERE type = 'figures.counted' AND unit IN {units:Array(String)}
    AND source NOT IN (SELECT source FROM retracted_sources)
)
WHERE first_day <= {last_moment:Date32} AND last_day >= {first_day:Date32}
GROUP BY unit, indicator, first_day, last_day
ORDER BY unit, indicator, first_day, last_day
