-- grain: one row per unit and month
-- key: unit, month
-- version: version
-- touched by: dossier, procedure, calendar, petition, replacement
-- after: days_of_dossiers
--
-- The sums of the months of those days. Spans are kept only when they end in the next month but one, or later:
-- shorter ones are counted from days.
INSERT INTO months_of_dossiers
SELECT
  toStartOfMonth(day) AS month, unit, sumForEach(marks), sumMap(cases),
  arraySort(arrayFilter(second_on -> second_on >= addMonths(month, 2), groupArrayArray(spans))),
  arraySort(arrayFilter(second_on -> second_on >= addMonths(month, 2), groupArrayArray(spans_passed))),
  arraySort(arrayFilter(second_on -> second_on >= addMonths(month, 2), groupArrayArray(spans_closed_late))),
  sumForEach(work), sumMap(lags_s),
  sum(version)
FROM days_of_dossiers FINAL
WHERE (toStartOfMonth(day), unit) IN
(
  SELECT toStartOfMonth(toDate(hour, {zone})), unit FROM touched
  WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier_day'
)
GROUP BY month, unit
