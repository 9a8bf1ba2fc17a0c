-- grain: one row per day, unit and dossier with an event or an appointment on it
-- key: day, unit, dossier
-- version: version
-- touched by: dossier, procedure, calendar, petition, replacement
-- after: dossiers
--
-- What every touched dossier is on each day that any of its events lies in or on which it ever was due, at each unit of
-- its events: at all but its own it counts for nothing, and replaces what it once counted for.
INSERT INTO remade_dossier_days
WITH {never} AS never
SELECT
  remade_day AS day, remade_unit AS unit, dossier,
  if(here, least(ifNull(d.received_at, never), never), never) AS received_at,
  if(here, least(ifNull(d.accepted_at, never), never), never) AS accepted_at,
  if(here, least(ifNull(d.ended_at, never), never), never) AS ended_at,
  if(here, least(ifNull(d.returned_at, never), never), never) AS returned_at,
  if(here, least(ifNull(d.due_at, never), never), never) AS due_at,
  if(here, least(ifNull(d.late_after, never), never), never) AS late_after,
  ending IN ('completed', 'returned') AS completed,
  -- The rule stands in contract/indicators/lateness.py.
  multiIf(
    d.late_after IS NULL OR ending = 'withdrawn', false, d.supplements > 1, true, coalesce(d.ended_at > d.late_after, false)
  ) AS late,
  attributes,
  procedure,
  net_s,
  if(completed_at <= returned_at, dateDiff('second', completed_at, returned_at), NULL) AS lag_s,
  steps_due, steps_early, steps_in_time,
  version,
  {batch:UInt64} AS batch
FROM
(
  SELECT *, remade_unit, remade_unit = unit AS here
  FROM dossiers FINAL
  ARRAY JOIN units AS remade_unit
  WHERE dossier IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
) AS d
LEFT JOIN
(
  SELECT dossier, groupUniqArray(day) AS due_days
  FROM due_days
  WHERE dossier IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
  GROUP BY dossier
) AS ever USING dossier
ARRAY JOIN arrayDistinct(arrayConcat(days, due_days)) AS remade_day
