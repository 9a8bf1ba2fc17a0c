-- grain: one row per day, unit and dossier with an event or an appointment on it
-- key: day, unit, dossier
-- version: version
-- touched by: dossier, procedure, calendar, petition, replacement
-- after: dossiers
--
-- Every touched dossier on each day that any of its events lies in or on which it ever was due, at each unit of its
-- events. Units other than its own get a row that counts for nothing, which replaces any earlier contribution.
INSERT INTO remade_dossier_days
WITH {never} AS never
SELECT
  remade_day AS day, remade_unit AS unit, dossier,
  if(here, least(ifNull(dossier_rows.received_at, never), never), never) AS received_at,
  if(here, least(ifNull(dossier_rows.accepted_at, never), never), never) AS accepted_at,
  if(here, least(ifNull(dossier_rows.ended_at, never), never), never) AS ended_at,
  if(here, least(ifNull(dossier_rows.returned_at, never), never), never) AS returned_at,
  if(here, least(ifNull(dossier_rows.due_at, never), never), never) AS due_at,
  if(here, least(ifNull(dossier_rows.late_after, never), never), never) AS late_after,
  ending IN ('completed', 'returned') AS completed,
  -- The rule stands in contract/indicators/lateness.py.
  multiIf(
    dossier_rows.late_after IS NULL OR ending = 'withdrawn', false,
    dossier_rows.supplements > 1, true,
    coalesce(dossier_rows.ended_at > dossier_rows.late_after, false)
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
  WHERE dossier IN {include:touched_dossiers}
) AS dossier_rows
LEFT JOIN
(
  SELECT dossier, groupUniqArray(day) AS due_days
  FROM due_days
  WHERE dossier IN {include:touched_dossiers}
  GROUP BY dossier
) AS ever USING dossier
ARRAY JOIN arrayDistinct(arrayConcat(days, due_days)) AS remade_day
