-- grain: one row per rule that a batch changes
-- key: batch, kind, name
-- touched by: calendar, procedure
-- after: procedures, unit_calendars, calendar_days
-- before: applied_rules
-- rebuild: kept
--
-- The rules that differ from those that dossiers and petitions were last made from: the calendar and zone of a unit,
-- the terms and attributes of a procedure, the sessions of a calendar's day. A change is noted as applied
-- (applied_rules) only when all that it touches was recomputed, so that an interrupted recomputation finds it again.
INSERT INTO rule_changes (batch, kind, name, day, made_from)
SELECT {batch:UInt64}, now.kind, now.name, now.day, now.made_from
FROM
(
  -- A unit without any definition has no calendar and Vietnam's clock.
  SELECT
    'unit' AS kind, unit AS name, toDate32(0) AS day,
    if(calendar = '' AND zone = {zone}, 0, cityHash64(calendar, toString(zone))) AS made_from
  FROM unit_calendars FINAL
  UNION ALL
  SELECT
    'procedure', procedure, toDate32(0),
    cityHash64(
      term, toString(term_unit), toString(count_mode), toString(deadline_rule), toString(supplement_policy), cutoffs,
      attributes
    )
  FROM (SELECT * FROM procedures FINAL WHERE NOT abolished ORDER BY as_of DESC LIMIT 1 BY procedure)
  UNION ALL
  SELECT 'day', calendar, day, cityHash64(opens, closes)
  FROM calendar_days FINAL
) AS now
LEFT JOIN (SELECT kind, name, day, made_from FROM applied_rules FINAL) AS applied
  ON now.kind = applied.kind AND now.name = applied.name AND now.day = applied.day
WHERE now.made_from != applied.made_from
