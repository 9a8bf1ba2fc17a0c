-- A procedure's term or a calendar changed: the dossiers whose appointment is counted from them are touched.
INSERT INTO touched (batch, kind, subject)
SELECT {batch:UUID}, 'dossier', dossier
FROM dossier_folds FINAL
WHERE procedure IN {procedures:Array(String)} OR ({calendars:UInt8} AND (given_due_at IS NULL OR notEmpty(pauses)))
