-- Dossiers received, and dossiers ended with a result, in a period, by procedure.
SELECT
  procedure,
  countIf(
    received_on = day AND received_at >= {start:DateTime64(3, 'UTC')} AND received_at < {end:DateTime64(3, 'UTC')}
  ) AS received,
  countIf(is_settled) AS settled,
  countIf(is_settled AND late) AS settled_late
FROM
(
  SELECT
    toString(procedure) AS procedure, day, received_on, received_at, late,
    completed AND closed_on = day
      AND closed_at >= {start:DateTime64(3, 'UTC')} AND closed_at < {end:DateTime64(3, 'UTC')} AS is_settled
  FROM dossier_days FINAL
  WHERE day >= {first_day:Date} AND day <= {last_day:Date} AND unit IN {units:Array(String)}
)
GROUP BY procedure
HAVING received > 0 OR settled > 0
ORDER BY settled_late DESC, received DESC, procedure
