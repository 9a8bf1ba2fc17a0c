-- grain: one row per unit and hour
-- key: unit, hour
-- version: version
-- touched by: ticket
-- after: ticket_shares
--
-- The tickets of every unit-hour that any event of a touched ticket lies in: a late step can change another hour.
INSERT INTO hours_of_tickets
SELECT
  unit, hour, sum(issued), sum(called), sum(called_in_time), sum(served), sum(abandoned),
  sumMap(if(waited_s IS NULL, CAST(map(), 'Map(UInt32, UInt32)'), map(assumeNotNull(waited_s), 1::UInt32))),
  count(handled_s), ifNull(sum(handled_s), 0),
  sum(version)
FROM ticket_shares FINAL
WHERE (unit, hour) IN
(
  SELECT DISTINCT unit, arrayJoin(hours) AS hour
  FROM
  (
    SELECT groupUniqArray(unit) AS units, groupUniqArray(toStartOfHour(occurred_at)::DateTime('UTC')) AS hours
    FROM ticket_events
    WHERE ticket IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'ticket')
    GROUP BY ticket
  )
  ARRAY JOIN units AS unit
)
GROUP BY unit, hour
SETTINGS prefer_column_name_to_alias = 1
