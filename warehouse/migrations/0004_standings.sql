-- Dossiers as they stood at an instant `end`.
-- On time: ended no later than the appointment; withdrawn counts as on time; more than one request for papers counts
-- as late whatever the dates; a dossier waiting for papers is judged by when they were asked for (Decision 766, 2.1).
CREATE VIEW IF NOT EXISTS dossier_standings AS
SELECT
  *,
  coalesce(accepted_at < {end:DateTime64(3, 'UTC')}, false) AS was_accepted,
  coalesce(ended_at < {end:DateTime64(3, 'UTC')}, false) AS had_ended,
  was_accepted AND NOT had_ended AS is_open,
  multiIf(
    had_ended AND ending = 'withdrawn', false,
    supplements > 1, true,
    had_ended, coalesce(ended_at > late_after, false),
    coalesce(late_after < {end:DateTime64(3, 'UTC')}, false) AND NOT coalesce(paused_since <= late_after, false)
  ) AS is_late
FROM dossiers FINAL;

-- What each dossier that a batch touched adds now to every unit-hour that any of its events lies in, zeros included:
-- they take back what an earlier state had added there.
CREATE VIEW IF NOT EXISTS dossier_shares_now AS
SELECT
  touched_unit AS unit, touched_hour AS hour, dossier,
  here AND touched_hour = toStartOfHour(received_at) AS received,
  here AND ending IN ('completed', 'returned') AND touched_hour = toStartOfHour(ended_at) AS completed,
  completed AND (ended_at > late_after OR supplements > 1) AS late,
  here AND touched_hour = toStartOfHour(returned_at) AS returned,
  version
FROM
(
  SELECT *, touched_unit, touched_unit = unit AS here
  FROM dossiers FINAL
  ARRAY JOIN units AS touched_unit
  WHERE dossier IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
)
ARRAY JOIN hours AS touched_hour;
