-- The work of dossiers settled, and the waits of those given back, in a period: from whole months, from whole days and
-- from single dossiers of the days that the period cuts.
WITH
  if(
    {first_whole_day:Date} = toStartOfMonth({first_whole_day:Date}), {first_whole_day:Date},
    addMonths(toStartOfMonth({first_whole_day:Date}), 1)
  ) AS first_whole_month,
  toStartOfMonth({last_day:Date}) AS last_month
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumForEach(work) AS sums,
  sums[1] AS nets,
  sums[2] AS net_s,
  sums[3] AS steps_due,
  sums[4] AS steps_early,
  sums[5] AS steps_in_time,
  sumMap(lags_s) AS return_lags_s
FROM
(
  SELECT unit, work, lags_s
  FROM months_of_dossiers FINAL
  WHERE month >= first_whole_month AND month < last_month AND unit IN {units:Array(String)}
  UNION ALL
  SELECT unit, work, lags_s
  FROM days_of_dossiers FINAL
  WHERE day >= {first_whole_day:Date} AND day < {last_day:Date} AND (day < first_whole_month OR day >= last_month)
    AND unit IN {units:Array(String)}
  UNION ALL
  SELECT
    unit,
    if(closed_at >= {start:DateTime64(3, 'UTC')}, work, arrayWithConstant(5, 0::UInt64)),
    if(returned_at >= {start:DateTime64(3, 'UTC')}, lags_s, CAST(map(), 'Map(UInt32, UInt32)'))
  FROM dossier_marks(until = {end:DateTime64(3, 'UTC')})
  WHERE (day = {last_day:Date} OR (day = {first_day:Date} AND day < {first_whole_day:Date}))
    AND unit IN {units:Array(String)}
)
GROUP BY target
