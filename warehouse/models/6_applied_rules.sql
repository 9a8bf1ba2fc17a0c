-- All that these changes touch is made anew.
INSERT INTO applied_rules
SELECT kind, name, day, made_from FROM rule_changes WHERE batch = {batch:UInt64}
