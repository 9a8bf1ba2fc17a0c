-- Dossiers received, or ended with a result, in a period, with their state at its end, by due date. '*' stands for any
-- procedure, and so on; columns of the dossier's own row are read only when a filter needs them. The page is computed
-- once, not at each mention. `after_at` and `after_dossier` are the last row of the page before; `total` counts
-- the rows of all pages.
WITH
  {never} AS never,
  {start:DateTime64(3, 'UTC')} AS since,
  {end:DateTime64(3, 'UTC')} AS until,
  matching AS
  (
    SELECT
      dossier, d.due_at AS sort_at, closed_at < until AS is_ended,
      -- The rule stands in contract/indicators/lateness.py.
      multiIf(
        is_ended, late, NOT bitTest(attributes, {attribute:appointed}), false, again, true,
        passes_at < until AND NOT waits
      ) AS overdue,
      count() OVER () AS total
    FROM dossier_days AS d FINAL
    WHERE unit IN {units:Array(String)}
      AND day >= toDate(since, {zone}) AND day <= toDate(until, {zone})
      AND if(
        {counted:String} = 'settled',
        completed AND closed_on = day AND closed_at >= since AND closed_at < until,
        received_on = day AND received_at >= since AND received_at < until
      )
      AND (
        {state:String} = 'all' OR ({state:String} = 'overdue' AND overdue)
        OR ({state:String} = 'open' AND NOT is_ended) OR ({state:String} = 'ended' AND is_ended)
      )
      AND ({has_due:Int8} = -1 OR {has_due:Int8} = (d.due_at < never))
      AND {procedure:String} IN ('*', toString(procedure))
      AND {hour:String} IN ('*', formatDateTime(if({counted:String} = 'settled', closed_at, received_at), '%H', {zone}))
      AND {weekday:String} IN
        ('*', toString(toDayOfWeek(if({counted:String} = 'settled', closed_at, received_at), 0, {zone})))
      AND (
        ({counter:String} = '*' AND {staff:String} = '*' AND {channel:String} = '*')
        OR dossier IN
        (
          SELECT dossier
          FROM dossiers FINAL
          WHERE {counter:String} IN ('*', toString(counter)) AND {staff:String} IN ('*', toString(staff))
            AND {channel:String} IN ('*', toString(channel))
            AND dossier IN
            (
              SELECT dossier
              FROM dossier_days
              WHERE day >= toDate(since, {zone}) AND day <= toDate(until, {zone})
                AND unit IN {units:Array(String)}
            )
        )
      )
  ),
  page AS MATERIALIZED
  (
    SELECT *
    FROM matching
    WHERE (sort_at, dossier) > ({after_at:DateTime64(3, 'UTC')}, {after_dossier:String})
    ORDER BY sort_at, dossier
    LIMIT {limit:UInt32} OFFSET {offset:UInt32}
  )
SELECT
  dossier, unit, procedure, channel, staff, counter, received_at, accepted_at, due_at,
  if(is_ended, ended_at, NULL) AS ended, if(is_ended, ending, '') AS how, supplements,
  is_ended, overdue, total, sort_at
FROM (SELECT * FROM dossiers FINAL WHERE dossier IN (SELECT dossier FROM page)) AS whole
INNER JOIN page USING dossier
ORDER BY sort_at, dossier
SETTINGS enable_materialized_cte = 1
