-- Dossiers open at the end of a period whose appointment is in the day after it.
SELECT
  {include:target},
  count() AS due_soon
FROM dossier_days FINAL
WHERE day IN ({last_day:Date}, {last_moment:Date} + 1) AND unit IN {units:Array(String)} AND due_on = day
  AND due_at >= {end:DateTime64(3, 'UTC')} AND due_at < {end:DateTime64(3, 'UTC')} + INTERVAL 1 DAY
  AND accepted_at < {end:DateTime64(3, 'UTC')} AND ended_at >= {end:DateTime64(3, 'UTC')}
GROUP BY target
