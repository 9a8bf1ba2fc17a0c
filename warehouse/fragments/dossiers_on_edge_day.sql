SELECT
  {include:target},
  sumForEach(marks) AS {side},
  sumMap(cases) AS cases_{side},
  sumForEach(work) AS work_{side},
  sumMap(lags_s) AS lags_{side},
  countIf(spans) AS spans_all,
  countIf(spans AND passes_first AND judged) AS spans_passed_first,
  countIf(spans AND closes_first AND late) AS spans_closed_first_late
FROM
(
  SELECT
    *,
    does_both AND {spans_from_here} AND least(closed_at, passes_at) < {start:DateTime64(3, 'UTC')} AS spans
  FROM marks_of_dossiers(until = {until})
  WHERE {on_edge_day} AND unit IN {units:Array(String)}
)
GROUP BY target
