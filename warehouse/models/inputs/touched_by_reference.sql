-- grain: one row per dossier or petition to recompute
-- key: batch, kind
-- touched by: calendar, procedure
-- after: rule_changes, unit_calendars, procedures, petition_events
-- before: dossier_folds, dossiers
-- rebuild: kept
--
-- Touches what a batch's changes of rules can change: dossiers of a procedure whose terms changed and of a unit whose
-- calendar changed, and, where only days of a calendar changed, the dossiers that reach as far as the first of these.
-- No appointment is counted from days behind it, or behind the last of its dossier's steps. Petitions follow their
-- unit's calendar.
--
-- Folds are looked up, and they are written before their dossiers are made: a dossier that another process makes at
-- this moment from the former rules is among them, or is made from the new rules.
INSERT INTO touched (batch, kind, subject)
WITH
  changed_rules AS MATERIALIZED (SELECT kind, name, day FROM rule_changes WHERE batch = {batch:UInt64}),
  units_to_recompute AS MATERIALIZED
  (
    SELECT unit, min(from_day) AS from_day
    FROM
    (
      SELECT name AS unit, toDate32('1900-01-01') AS from_day FROM changed_rules WHERE kind = 'unit'
      UNION ALL
      SELECT calendars.unit, days.first_day
      FROM (SELECT unit, calendar FROM unit_calendars FINAL) AS calendars
      INNER JOIN (SELECT name, min(day) AS first_day FROM changed_rules WHERE kind = 'day' GROUP BY name) AS days
        ON calendars.calendar = days.name
    )
    GROUP BY unit
  )
SELECT {batch:UInt64}, 'dossier', dossier FROM dossier_folds FINAL
WHERE procedure IN (SELECT name FROM changed_rules WHERE kind = 'procedure')
UNION ALL
SELECT {batch:UInt64}, 'dossier', folds.dossier
FROM (SELECT * FROM dossier_folds FINAL WHERE unit IN (SELECT unit FROM units_to_recompute)) AS folds
INNER JOIN units_to_recompute ON folds.unit = units_to_recompute.unit
LEFT JOIN
(
  SELECT dossier, folded, due_at FROM dossiers FINAL
  WHERE unit IN (SELECT unit FROM units_to_recompute WHERE from_day > '1900-01-01')
) AS computed ON folds.dossier = computed.dossier
WHERE computed.dossier = '' OR computed.folded != folds.version
  OR (computed.due_at IS NULL AND folds.procedure IN (SELECT procedure FROM procedures WHERE term > 0))
  -- Two days, for the clocks of all zones.
  OR arrayMax(
    arrayMap(
      at -> ifNull(at, toDateTime64('1900-01-01', 3, 'UTC')),
      arrayConcat(
        [computed.due_at, folds.accepted_at, folds.ended_at, folds.given_due_at, folds.paused_since],
        arrayMap(pause -> pause.2, folds.pauses)
      )
    )
  ) >= toDateTime64(subtractDays(units_to_recompute.from_day, 2), 3, 'UTC')
UNION ALL
SELECT DISTINCT {batch:UInt64}, 'petition', petition
FROM petition_events
WHERE unit IN (SELECT unit FROM units_to_recompute)
SETTINGS enable_materialized_cte = 1
