-- The unit-hours of the touched dossiers and tickets join those of the batch's own events: a late step can change a
-- figure of another hour.
INSERT INTO touched (batch, kind, unit, hour)
SELECT DISTINCT {batch:UUID}, 'cell', unit, hour
FROM
(
  SELECT touched_unit AS unit, touched_hour AS hour
  FROM (SELECT touched_unit, hours FROM dossiers FINAL ARRAY JOIN units AS touched_unit
    WHERE dossier IN (SELECT subject FROM touched WHERE batch = {batch:UUID} AND kind = 'dossier'))
  ARRAY JOIN hours AS touched_hour
  UNION ALL
  SELECT touched_unit, touched_hour
  FROM (SELECT touched_unit, hours FROM (
    SELECT ticket, groupUniqArray(unit) AS units, groupUniqArray(toStartOfHour(occurred_at)) AS hours
    FROM ticket_events
    WHERE ticket IN (SELECT subject FROM touched WHERE batch = {batch:UUID} AND kind = 'ticket')
    GROUP BY ticket) ARRAY JOIN units AS touched_unit)
  ARRAY JOIN hours AS touched_hour
)
