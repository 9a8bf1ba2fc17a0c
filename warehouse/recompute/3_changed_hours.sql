-- The unit-hours to which a touched dossier adds something else than before. Noted before the change is written: were
-- the change there alone and the flush broken off, nothing would tell that those hours are to be made anew.
INSERT INTO changed_hours (batch, unit, hour, dossier)
SELECT {batch:UInt64}, unit, hour, dossier
FROM dossier_shares_now(batches = {batches:Array(UInt64)}) AS now
LEFT JOIN
(
  SELECT * FROM dossier_shares FINAL
  WHERE (unit, hour, dossier) IN (SELECT unit, hour, dossier FROM dossier_shares_now(batches = {batches:Array(UInt64)}))
) AS before USING (unit, hour, dossier)
WHERE (now.received, now.completed, now.late, now.returned)
  != (before.received, before.completed, before.late, before.returned)
