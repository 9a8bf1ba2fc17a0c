-- What each touched dossier adds to those unit-hours now.
INSERT INTO dossier_shares
SELECT unit, hour, dossier, received, completed, late, returned, version
FROM dossier_shares_now(batches = {batches:Array(UInt64)})
WHERE (unit, hour, dossier) IN
  (SELECT unit, hour, dossier FROM changed_hours WHERE batch IN {batches:Array(UInt64)})
