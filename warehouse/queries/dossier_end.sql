-- Marks of single dossiers on the last day of a period, before its end; those that span the period and whose second
-- instant is on that day; and those with an appointment in the day after the end.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumForEachIf(marks, day = {last_day:Date}) AS to_end,
  sumMapIf(cases, day = {last_day:Date}) AS cases_to_end,
  countIf(spans) AS spans_all,
  countIf(spans AND passes_first AND judged) AS spans_passed_first,
  countIf(spans AND closes_first AND late) AS spans_closed_first_late,
  countIf(
    accepted_at < {end:DateTime64(3, 'UTC')} AND closed_at >= {end:DateTime64(3, 'UTC')} AND due_on = day
    AND due_at >= {end:DateTime64(3, 'UTC')} AND due_at < {end:DateTime64(3, 'UTC')} + INTERVAL 1 DAY
  ) AS due_soon
FROM
(
  SELECT
    *,
    does_both AND day = {last_day:Date} AND second_on = day AND least(closed_at, passes_at) < {start:DateTime64(3, 'UTC')}
      AND greatest(closed_at, passes_at) >= {end:DateTime64(3, 'UTC')} AS spans
  FROM dossier_marks(until = {end:DateTime64(3, 'UTC')})
  WHERE day IN ({last_day:Date}, {last_day:Date} + 1) AND unit IN {units:Array(String)}
)
GROUP BY target
