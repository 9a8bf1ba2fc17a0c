-- Marks of dossiers on whole days before the last day and before the first day of a period, from whole months and from
-- the days of its first month, of its last and of the one before the first; and what spans all days in between.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumForEachIf(marks, on < last_day AND (is_month OR on >= toStartOfMonth(last_day))) AS to_end,
  sumForEachIf(marks, on < first_day AND if(is_month, on < toStartOfMonth(first_day), on >= toStartOfMonth(first_day)))
    AS to_start,
  sumIf(arrayCount(second_on -> second_on > last_day, spans), spanning) AS spans_all,
  sumIf(arrayCount(second_on -> second_on > last_day, spans_passed), spanning) AS spans_passed_first,
  sumIf(arrayCount(second_on -> second_on > last_day, spans_closed_late), spanning) AS spans_closed_first_late
FROM
(
  SELECT
    unit, month AS on, true AS is_month, marks, spans, spans_passed, spans_closed_late,
    {first_day:Date} AS first_day, {last_day:Date} AS last_day, month < addMonths(toStartOfMonth(first_day), -1) AS spanning
  FROM months_of_dossiers FINAL
  WHERE month < toStartOfMonth(last_day) AND unit IN {units:Array(String)}
  UNION ALL
  SELECT
    unit, day, false, marks, spans, spans_passed, spans_closed_late,
    {first_day:Date} AS first_day, {last_day:Date} AS last_day, day < first_day
  FROM days_of_dossiers FINAL
  WHERE unit IN {units:Array(String)}
    AND ((day >= addMonths(toStartOfMonth(first_day), -1) AND day < first_day)
      OR (day >= toStartOfMonth(last_day) AND day < last_day))
)
GROUP BY target
