-- grain: one row per dossier to recompute
-- key: batch, kind
-- touched by: petition
-- after: petition_events
-- rebuild: kept
--
-- Touches the dossiers that touched petitions name.
INSERT INTO touched (batch, kind, subject)
SELECT DISTINCT {batch:UInt64}, 'dossier', dossier
FROM petition_events
WHERE petition IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'petition')
  AND dossier != ''
