-- Single dossiers on the last day of a period, before its end; and those that span the period and whose second
-- instant is on that day. A period that ends at midnight has no part of that day, and no row here.
SELECT
  {include:target},
  sumForEach(marks) AS to_end,
  sumMap(cases) AS cases_to_end,
  sumForEach(work) AS work_to_end,
  sumMap(lags_s) AS lags_to_end,
  countIf(spans) AS spans_all,
  countIf(spans AND passes_first AND judged) AS spans_passed_first,
  countIf(spans AND closes_first AND late) AS spans_closed_first_late
FROM
(
  SELECT
    *,
    does_both AND second_on = day AND least(closed_at, passes_at) < {start:DateTime64(3, 'UTC')}
      AND greatest(closed_at, passes_at) >= {end:DateTime64(3, 'UTC')} AS spans
  FROM marks_of_dossiers(until = {end:DateTime64(3, 'UTC')})
  WHERE day = {last_day:Date} AND day = {last_moment:Date} AND unit IN {units:Array(String)}
)
GROUP BY target
