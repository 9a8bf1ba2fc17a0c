-- Marks of single dossiers on the day of an instant `until` and before it. Of those that span the period from `start` to
-- `end`, the ones whose second instant is on its last day, or behind that and whose first is on its first day.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumForEachIf(marks, day = {day:Date}) AS marks,
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
    does_both AND day = {day:Date}
      AND if({is_end:Bool}, second_on = day, first_on = day AND second_on > {last_day:Date})
      AND least(closed_at, passes_at) < {start:DateTime64(3, 'UTC')}
      AND greatest(closed_at, passes_at) >= {end:DateTime64(3, 'UTC')} AS spans
  FROM dossier_marks(until = {until:DateTime64(3, 'UTC')})
  WHERE day >= {day:Date} AND day <= {day:Date} + {is_end:Bool} AND unit IN {units:Array(String)}
)
GROUP BY target
