-- Counts of dossiers in a period, as they stood at its end.
-- On time: ended no later than the appointment; withdrawn counts as on time; more than one request for papers counts
-- as late whatever the dates; a dossier waiting for papers is judged by when they were asked for (Decision 766, 2.1).
WITH
  coalesce(accepted_at < {end:DateTime64(3, 'UTC')}, false) AS was_accepted,
  coalesce(ended_at < {end:DateTime64(3, 'UTC')}, false) AS had_ended,
  ended_at >= {start:DateTime64(3, 'UTC')} AND had_ended AS ended_now,
  late_after >= {start:DateTime64(3, 'UTC')} AND late_after < {end:DateTime64(3, 'UTC')} AS due_now,
  was_accepted AND NOT had_ended AS is_open,
  multiIf(
    had_ended AND ending = 'withdrawn', false,
    supplements > 1, true,
    had_ended, coalesce(ended_at > late_after, false),
    coalesce(late_after < {end:DateTime64(3, 'UTC')}, false) AND NOT coalesce(paused_since <= late_after, false)
  ) AS is_late
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  countIf(received_at >= {start:DateTime64(3, 'UTC')} AND received_at < {end:DateTime64(3, 'UTC')} AS received_now)
    AS received,
  countIf(received_now AND channel = 'online') AS received_online,
  countIf(accepted_at >= {start:DateTime64(3, 'UTC')} AND was_accepted AS accepted_now) AS accepted,
  countIf(accepted_now AND supplements > 0) AS accepted_supplemented,
  countIf(accepted_now AND supplements > 1) AS accepted_supplemented_again,
  countIf(was_accepted AND ended_now AND ending IN ('completed', 'returned') AS settled_now) AS settled,
  countIf(settled_now AND ended_at < early_before) AS settled_early,
  countIf(is_open OR (ended_now AND was_accepted)) AS settled_or_open,
  countIf((is_open OR (ended_now AND was_accepted)) AND NOT is_late) AS on_time_or_running,
  countIf(was_accepted AND (due_now OR ended_now)) AS due_or_settled,
  countIf(was_accepted AND (due_now OR ended_now) AND is_late) AS overdue,
  countIf(is_open) AS open,
  countIf(is_open AND due_at >= {end:DateTime64(3, 'UTC')}
    AND due_at < {end:DateTime64(3, 'UTC')} + INTERVAL 1 DAY) AS due_soon
FROM dossiers FINAL
WHERE unit IN {units:Array(String)}
GROUP BY target
