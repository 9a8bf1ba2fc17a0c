-- Dossiers received in a period, with their standing at its end.
SELECT
  dossier, unit, procedure, channel, staff, counter, received_at, accepted_at, due_at,
  if(had_ended, ended_at, NULL) AS ended, if(had_ended, ending, '') AS how, supplements,
  had_ended AS is_ended, is_late AS overdue, count() OVER () AS total
FROM dossier_standings(end = {end:DateTime64(3, 'UTC')})
WHERE unit IN {units:Array(String)}
  AND received_at >= {start:DateTime64(3, 'UTC')} AND received_at < {end:DateTime64(3, 'UTC')}
  AND ({state:String} = 'all' OR ({state:String} = 'overdue' AND is_late) OR ({state:String} = 'open' AND NOT had_ended)
    OR ({state:String} = 'ended' AND had_ended))
  AND ({has_due:Int8} = -1 OR {has_due:Int8} = (due_at IS NOT NULL))
ORDER BY due_at ASC NULLS LAST, dossier
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
