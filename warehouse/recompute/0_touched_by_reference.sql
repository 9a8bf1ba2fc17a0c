-- A procedure's term or a calendar changed: the dossiers whose appointment is counted from them are touched, and all
-- petitions by a calendar.
INSERT INTO touched (batch, kind, subject)
WITH (SELECT max(kind = 'calendar') FROM touched WHERE batch IN {batches:Array(UInt64)}) AS calendars
SELECT {batch:UInt64}, 'dossier', dossier
FROM dossier_folds FINAL
WHERE procedure IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'procedure')
  OR (calendars AND (given_due_at IS NULL OR notEmpty(pauses)))
UNION ALL
SELECT {batch:UInt64}, 'petition', petition
FROM petition_events
WHERE calendars
GROUP BY petition
