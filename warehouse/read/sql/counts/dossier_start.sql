-- Single dossiers on the first day of a period, before its start; and those that span the period, the
-- first of their instants on that day and the second behind its last day.
SELECT
  {include:target},
  sumForEach(marks) AS to_start,
  sumMap(cases) AS cases_to_start,
  sumForEach(work) AS work_to_start,
  sumMap(lags_s) AS lags_to_start,
  countIf(spans) AS spans_all,
  countIf(spans AND passes_first AND judged) AS spans_passed_first,
  countIf(spans AND closes_first AND late) AS spans_closed_first_late
FROM
(
  SELECT
    *,
    does_both AND first_on = day AND least(closed_at, passes_at) < {start:DateTime64(3, 'UTC')}
      AND second_on > {last_moment:Date} AS spans
  FROM marks_of_dossiers(until = {start:DateTime64(3, 'UTC')})
  WHERE day = {first_day:Date} AND unit IN {units:Array(String)}
)
GROUP BY target
