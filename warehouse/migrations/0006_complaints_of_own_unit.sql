-- A rating complains of a dossier at the dossier's own unit only. Dossiers of which a rating of another unit complained
-- are touched, so that they are made anew by that rule.
INSERT INTO touched (batch, kind, subject)
SELECT DISTINCT {batch:UInt64}, 'dossier', complaint.dossier
FROM (SELECT dossier, unit FROM dossier_events WHERE type = 'rating.submitted') AS complaint
INNER JOIN (SELECT dossier, unit FROM dossier_folds FINAL) AS fold ON complaint.dossier = fold.dossier
WHERE complaint.unit != fold.unit;
