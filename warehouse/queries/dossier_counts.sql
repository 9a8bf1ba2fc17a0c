-- Counts of dossiers in a period, as they stood at its end: sums up to its end less sums up to its start, from whole
-- months, the days of its first and last month, and single dossiers of its first and last day (days_of_dossiers says
-- how they follow from each other).
WITH
  toDate({start:DateTime64(3, 'UTC')}, 'Asia/Ho_Chi_Minh') AS first_day,
  toDate({end:DateTime64(3, 'UTC')}, 'Asia/Ho_Chi_Minh') AS last_day,
  toStartOfMonth(first_day) AS first_month,
  toStartOfMonth(last_day) AS last_month,
  {start:DateTime64(3, 'UTC')} > toStartOfDay(first_day, 'Asia/Ho_Chi_Minh') AS starts_within,
  summed AS
  (
    SELECT *, day < last_month AS to_end, day < first_month AS to_start
    FROM months_of_dossiers FINAL
    WHERE unit IN {units:Array(String)} AND day < last_month
    UNION ALL
    SELECT *, day >= last_month AND day < last_day AS to_end, day >= first_month AND day < first_day AS to_start
    FROM days_of_dossiers FINAL
    WHERE unit IN {units:Array(String)} AND (to_end OR to_start)
    UNION ALL
    SELECT *, true AS to_end, false AS to_start
    FROM dossier_days_counted(until = {end:DateTime64(3, 'UTC')})
    WHERE unit IN {units:Array(String)} AND day = last_day
    UNION ALL
    SELECT *, false AS to_end, true AS to_start
    FROM dossier_days_counted(until = {start:DateTime64(3, 'UTC')})
    WHERE unit IN {units:Array(String)} AND day = first_day AND starts_within
  ),
  spanning AS
  (
    SELECT
      transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
      sum(n) AS n, sum(n_judged) AS n_judged, sum(n_ended) AS n_ended, sum(n_due_soon) AS due_soon
    FROM
    (
      SELECT
        unit,
        arrayCount(second_day -> second_day > last_day, spans) AS n,
        arrayCount(second_day -> second_day > last_day, spans_judged) AS n_judged,
        arrayCount(second_day -> second_day > last_day, spans_ended) AS n_ended,
        0 AS n_due_soon
      FROM
      (
        SELECT unit, spans, spans_judged, spans_ended
        FROM months_of_dossiers FINAL
        WHERE unit IN {units:Array(String)} AND day < addMonths(first_month, -1)
        UNION ALL
        SELECT unit, spans, spans_judged, spans_ended
        FROM days_of_dossiers FINAL
        WHERE unit IN {units:Array(String)} AND day >= addMonths(first_month, -1) AND day < first_day
      )
      UNION ALL
      SELECT
        unit, spans_it, spans_it AND passes_first AND (supplements > 1 OR NOT waiting),
        spans_it AND closes_first AND late, is_due_soon
      FROM
      (
        SELECT
          *,
          passes_at < closed_at AS passes_first,
          closed_at < passes_at AS closes_first,
          least(closed_at, passes_at) AS first_at,
          greatest(closed_at, passes_at) AS second_at,
          greatest(closed_on, passes_on) AS second_day,
          first_at < {start:DateTime64(3, 'UTC')} AND second_at >= {end:DateTime64(3, 'UTC')}
            AND second_day < '2100-01-01'
            AND if(second_day = last_day, day = last_day, day = first_day AND least(closed_on, passes_on) = day)
            AS spans_it,
          accepted_at < {end:DateTime64(3, 'UTC')} AND closed_at >= {end:DateTime64(3, 'UTC')}
            AND due_at >= {end:DateTime64(3, 'UTC')} AND due_at < {end:DateTime64(3, 'UTC')} + INTERVAL 1 DAY
            AND due_on = day
            AS is_due_soon
        FROM dossier_days FINAL
        WHERE unit IN {units:Array(String)} AND (day IN (last_day, last_day + 1) OR (day = first_day AND starts_within))
      )
      WHERE spans_it OR is_due_soon
    )
    GROUP BY target
  )
SELECT
  target,
  sum(s.received * side) AS received,
  sum(s.received_online * side) AS received_online,
  sum(s.accepted * side) AS accepted,
  sum(s.accepted_supplemented * side) AS accepted_supplemented,
  sum(s.accepted_again * side) AS accepted_supplemented_again,
  sum(s.settled * side) AS settled,
  sum(s.settled_early * side) AS settled_early,
  sumIf(s.accepted, to_end) - sumIf(s.closed, to_end) AS open,
  sum(s.closed * side) + open AS settled_or_open,
  sumIf(s.accepted_again, to_end) - sumIf(s.closed_again, to_end) + sumIf(s.late_since, to_end) - sumIf(s.late_until, to_end)
    AS open_late,
  settled_or_open - open_late - sum(s.closed_late * side) AS on_time_or_running,
  sum(s.passed * side) + sum(s.closed * side) - (sumIf(s.second, to_end) - sumIf(s.first, to_start) + any(n))
    AS due_or_settled,
  sum(s.closed_late * side)
    + sumIf(s.passed_before_end, to_end) - sumIf(s.ended_after_passing, to_end) - sumIf(s.passed_never_ended, to_start)
    - any(n_judged)
    + sumIf(s.ended_late_before_due, to_start) - sumIf(s.due_after_late_end, to_start) - any(n_ended) AS overdue,
  any(spanning.due_soon) AS due_soon
FROM
(
  SELECT
    *,
    transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
    to_end::Int64 - to_start AS side
  FROM summed
) AS s
LEFT JOIN spanning USING target
GROUP BY target
