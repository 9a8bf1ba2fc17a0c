-- grain: one row per rule that all stored dossiers follow
-- key: kind, name, day
-- touched by: calendar, procedure
-- after: rule_changes, petitions, months_of_dossiers
-- rebuild: kept
--
-- Notes the changes of rules as applied: all that they touch is recomputed by now.
INSERT INTO applied_rules
SELECT kind, name, day, made_from FROM rule_changes WHERE batch = {batch:UInt64}
