-- What each touched dossier adds to every unit-hour that any of its events lies in. Zeros are written too: they take
-- back what an earlier state had added there.
INSERT INTO dossier_hours
SELECT
  touched_unit, touched_hour, dossier,
  here AND touched_hour = toStartOfHour(received_at) AS received,
  here AND ending IN ('completed', 'returned') AND touched_hour = toStartOfHour(ended_at) AS completed,
  completed AND ended_at < early_before AS early,
  completed AND (ended_at > late_after OR supplements > 1) AS late,
  here AND touched_hour = toStartOfHour(returned_at) AS returned,
  events
FROM
(
  SELECT *, touched_unit, touched_unit = unit AS here
  FROM dossiers FINAL
  ARRAY JOIN units AS touched_unit
  WHERE dossier IN (SELECT subject FROM touched WHERE batch = {batch:UUID} AND kind = 'dossier')
)
ARRAY JOIN hours AS touched_hour
