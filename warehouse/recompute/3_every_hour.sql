-- In place of 3_changed_hours when everything is rebuilt: every unit-hour to which a touched dossier adds or once added
-- something, whether that changed or not.
INSERT INTO changed_hours (batch, unit, hour, dossier)
SELECT {batch:UInt64}, unit, hour, dossier
FROM dossier_shares_now(batches = {batches:Array(UInt64)})
WHERE (received OR completed OR late OR returned)
  OR (unit, hour, dossier) IN
  (
    SELECT unit, hour, dossier FROM dossier_shares
    WHERE dossier IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
  )
