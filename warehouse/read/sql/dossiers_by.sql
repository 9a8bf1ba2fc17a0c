-- Dossiers received, and dossiers ended with a result, in a period, by their channel, member of staff or counter. Their
-- own rows are read, so it is meant for a unit and a month at most.
SELECT
  within, part,
  countIf(is_received) AS received,
  countIf(is_settled) AS settled,
  countIf(is_settled AND late) AS settled_late
FROM
(
  SELECT
    if({by:String} = 'channel', '', toString(d.unit)) AS within,
    multiIf(
      {by:String} = 'counter', toString(whole.counter), {by:String} = 'staff', toString(whole.staff), toString(whole.channel)
    ) AS part,
    d.received_on = d.day AND d.received_at >= {start:DateTime64(3, 'UTC')} AND d.received_at < {end:DateTime64(3, 'UTC')} AS is_received,
    d.completed AND d.closed_on = d.day
      AND d.closed_at >= {start:DateTime64(3, 'UTC')} AND d.closed_at < {end:DateTime64(3, 'UTC')} AS is_settled,
    d.late AS late
  FROM dossier_days AS d FINAL
  INNER JOIN
  (
    SELECT dossier, counter, staff, channel
    FROM dossiers FINAL
    WHERE dossier IN
      (SELECT dossier FROM dossier_days WHERE day >= {first_day:Date} AND day <= {last_day:Date} AND unit IN {units:Array(String)})
  ) AS whole ON d.dossier = whole.dossier
  WHERE d.day >= {first_day:Date} AND d.day <= {last_day:Date} AND d.unit IN {units:Array(String)}
)
GROUP BY within, part
HAVING received > 0 OR settled > 0
ORDER BY settled_late DESC, received DESC, within, part
