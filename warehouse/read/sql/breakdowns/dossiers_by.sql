-- Dossiers received, and dossiers ended with a result, in a period, by their channel, member of staff or counter.
-- Their own rows are read, so it is meant for a unit and a month at most.
SELECT
  within, part,
  countIf(is_received) AS received,
  countIf(is_settled) AS settled,
  countIf(is_settled AND late) AS settled_late
FROM
(
  SELECT
    if({by:String} = 'channel', '', toString(days.unit)) AS within,
    multiIf(
      {by:String} = 'counter', toString(whole.counter),
      {by:String} = 'staff', toString(whole.staff),
      toString(whole.channel)
    ) AS part,
    days.received_on = days.day
      AND days.received_at >= {start:DateTime64(3, 'UTC')}
      AND days.received_at < {end:DateTime64(3, 'UTC')} AS is_received,
    days.completed AND days.closed_on = days.day
      AND days.closed_at >= {start:DateTime64(3, 'UTC')} AND days.closed_at < {end:DateTime64(3, 'UTC')} AS is_settled,
    days.late AS late
  FROM dossier_days AS days FINAL
  INNER JOIN
  (
    SELECT dossier, counter, staff, channel
    FROM dossiers FINAL
    WHERE dossier IN
    (
      SELECT dossier FROM dossier_days
      WHERE day >= {first_day:Date} AND day <= {last_day:Date} AND unit IN {units:Array(String)}
    )
  ) AS whole ON days.dossier = whole.dossier
  WHERE days.day >= {first_day:Date} AND days.day <= {last_day:Date} AND days.unit IN {units:Array(String)}
)
GROUP BY within, part
HAVING received > 0 OR settled > 0
ORDER BY settled_late DESC, received DESC, within, part
