-- And in the months of those days.
INSERT INTO months_of_dossiers
SELECT
  toStartOfMonth(day) AS month, unit,
  * EXCEPT (
    day, unit, spans, spans_judged, spans_ended,
    received_hours, completed_hours, late_hours, returned_hours, version
  ) APPLY sum,
  -- A period that begins in the next month but one, or later, ends beyond it.
  arraySort(arrayFilter(second_day -> second_day >= addMonths(month, 2), groupArrayArray(spans))),
  arraySort(arrayFilter(second_day -> second_day >= addMonths(month, 2), groupArrayArray(spans_judged))),
  arraySort(arrayFilter(second_day -> second_day >= addMonths(month, 2), groupArrayArray(spans_ended))),
  [], [], [], [],
  sum(version)
FROM days_of_dossiers FINAL
WHERE (toStartOfMonth(day), unit) IN
(
  SELECT toStartOfMonth(toDate(hour, 'Asia/Ho_Chi_Minh')), unit FROM touched
  WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier_day'
)
GROUP BY month, unit
