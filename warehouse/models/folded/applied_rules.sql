-- grain: one row per rule that all stored dossiers follow
-- key: kind, name, day
-- touched by: calendar, procedure
-- after: rule_changes, petitions, months_of_dossiers
-- rebuild: kept
--
-- All that these changes touch is made anew.
INSERT INTO applied_rules
SELECT kind, name, day, made_from FROM rule_changes WHERE batch = {batch:UInt64}
