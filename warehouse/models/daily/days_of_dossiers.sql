-- grain: one row per unit and day
-- key: unit, day
-- version: version
-- touched by: dossier, procedure, calendar, petition, replacement
-- after: dossier_days
--
-- The sums of a unit's dossiers on every day on which one of them was recomputed.
INSERT INTO days_of_dossiers
SELECT
  day, unit, sumForEach(marks), sumMap(cases),
  groupBitOrMapIf(map(procedure, attributes), is_received AND procedure != ''),
  arraySort(groupArrayIf(second_on, spans)),
  arraySort(groupArrayIf(second_on, spans AND passes_first AND judged)),
  arraySort(groupArrayIf(second_on, spans AND closes_first AND late)),
  arraySort(groupArrayIf(toHour(received_at, {zone}), is_received)),
  arraySort(groupArrayIf(toHour(ended_at, {zone}), completed AND ended_on = day)),
  arraySort(groupArrayIf(toHour(ended_at, {zone}), completed AND ended_on = day AND late)),
  arraySort(groupArrayIf(toHour(returned_at, {zone}), returned_on = day)),
  sumForEach(work), sumMap(lags_s),
  sum(version)
FROM
(
  SELECT *, does_both AND first_on = day AND second_on > day AS spans
  FROM marks_of_dossiers(until = {never})
  WHERE (day, unit) IN
  (
    SELECT toDate(hour, {zone}), unit FROM touched
    WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier_day'
  )
)
GROUP BY day, unit
