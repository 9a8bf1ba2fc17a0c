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
