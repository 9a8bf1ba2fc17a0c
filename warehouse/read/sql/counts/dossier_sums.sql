-- Sums over the whole days before the last day and before the first day of a period, from whole months and from the
-- days of its first month, of its last and of the one before the first; and the dossiers that span all days in
-- between.
WITH
  is_month OR (on >= toStartOfMonth({last_day:Date}) AND on < {last_day:Date}) AS is_to_end,
  NOT is_month AND on >= toStartOfMonth({first_day:Date}) AND on < {first_day:Date} AS is_to_start
SELECT
  {include:target},
  sumForEachIf(marks, is_to_end) AS to_end,
  sumForEachIf(marks, is_to_start OR (is_month AND on < toStartOfMonth({first_day:Date}))) AS to_start,
  -- Of the period alone: cases, work and lags of the months before it are not read.
  sumMapIf(cases, is_to_end) AS cases_to_end,
  sumMapIf(cases, is_to_start) AS cases_to_start,
  sumForEachIf(work, is_to_end) AS work_to_end,
  sumForEachIf(work, is_to_start) AS work_to_start,
  sumMapIf(lags_s, is_to_end) AS lags_to_end,
  sumMapIf(lags_s, is_to_start) AS lags_to_start,
  sumIf(arrayCount(second_on -> second_on > {last_moment:Date}, spans), spanning) AS spans_all,
  sumIf(arrayCount(second_on -> second_on > {last_moment:Date}, spans_passed), spanning) AS spans_passed_first,
  sumIf(arrayCount(second_on -> second_on > {last_moment:Date}, spans_closed_late), spanning) AS spans_closed_first_late
FROM
(
  SELECT
    unit, month AS on, true AS is_month, marks, CAST(map(), 'Map(UInt64, UInt32)') AS cases,
    CAST([], 'Array(UInt64)') AS work, CAST(map(), 'Map(UInt32, UInt32)') AS lags_s,
    spans, spans_passed, spans_closed_late, month < addMonths(toStartOfMonth({first_day:Date}), -1) AS spanning
  FROM months_of_dossiers FINAL
  WHERE month < toStartOfMonth({first_day:Date}) AND unit IN {units:Array(String)}
  UNION ALL
  SELECT unit, month, true, marks, cases, work, lags_s, spans, spans_passed, spans_closed_late, false
  FROM months_of_dossiers FINAL
  WHERE month >= toStartOfMonth({first_day:Date}) AND month < toStartOfMonth({last_day:Date})
    AND unit IN {units:Array(String)}
  UNION ALL
  SELECT unit, day, false, marks, cases, work, lags_s, spans, spans_passed, spans_closed_late, day < {first_day:Date}
  FROM days_of_dossiers FINAL
  WHERE unit IN {units:Array(String)}
    AND ((day >= addMonths(toStartOfMonth({first_day:Date}), -1) AND day < {first_day:Date})
      OR (day >= toStartOfMonth({last_day:Date}) AND day < {last_day:Date}))
)
GROUP BY target
