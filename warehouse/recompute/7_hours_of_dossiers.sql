-- The dossiers of every unit-hour in which one of them changed.
INSERT INTO hours_of_dossiers
SELECT unit, hour, sum(received), sum(completed), sum(late), sum(returned), sum(version)
FROM dossier_shares FINAL
WHERE (unit, hour) IN
  (SELECT unit, hour FROM changed_hours WHERE batch IN {batches:Array(UInt64)})
GROUP BY unit, hour
