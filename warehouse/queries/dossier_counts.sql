-- Counts of dossiers in a period, as they stood at its end.
SELECT
  transform(toString(unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  countIf(received_now) AS received,
  countIf(received_now AND channel = 'online') AS received_online,
  countIf(accepted_now) AS accepted,
  countIf(accepted_now AND supplements > 0) AS accepted_supplemented,
  countIf(accepted_now AND supplements > 1) AS accepted_supplemented_again,
  countIf(settled_now) AS settled,
  countIf(settled_now AND ended_at < early_before) AS settled_early,
  countIf(is_open OR ended_now) AS settled_or_open,
  countIf((is_open OR ended_now) AND NOT is_late) AS on_time_or_running,
  countIf(due_now OR ended_now) AS due_or_settled,
  countIf((due_now OR ended_now) AND is_late) AS overdue,
  countIf(is_open) AS open,
  countIf(is_open AND due_soon) AS due_soon
FROM
(
  SELECT
    *,
    received_at >= {start:DateTime64(3, 'UTC')} AND received_at < {end:DateTime64(3, 'UTC')} AS received_now,
    was_accepted AND accepted_at >= {start:DateTime64(3, 'UTC')} AS accepted_now,
    was_accepted AND had_ended AND ended_at >= {start:DateTime64(3, 'UTC')} AS ended_now,
    ended_now AND ending IN ('completed', 'returned') AS settled_now,
    was_accepted AND late_after >= {start:DateTime64(3, 'UTC')} AND late_after < {end:DateTime64(3, 'UTC')} AS due_now,
    due_at >= {end:DateTime64(3, 'UTC')} AND due_at < {end:DateTime64(3, 'UTC')} + INTERVAL 1 DAY AS due_soon
  FROM dossier_standings(end = {end:DateTime64(3, 'UTC')})
  WHERE unit IN {units:Array(String)}
)
GROUP BY target
