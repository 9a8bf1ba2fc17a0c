-- grain: one row per dossier or unit-hour to recompute
-- key: batch, kind
-- touched by: replacement
-- after: replacements
-- rebuild: kept
--
-- Touches the hour of a replaced rating, and its dossier, about which it may have complained.
INSERT INTO touched (batch, kind, subject, unit, hour)
SELECT {batch:UInt64}, kind_subject.1, kind_subject.2, unit, hour
FROM
(
  SELECT DISTINCT unit, hour, arrayJoin([('rated_hour', ''), ('dossier', dossier)]) AS kind_subject
  FROM replacements
  WHERE dossier IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'replacement')
)
