-- grain: one row per unit, hour and ticket
-- key: unit, hour, ticket
-- version: version
-- touched by: ticket
--
-- What each touched ticket adds to every unit-hour that any of its events lies in, zeros included.
-- Steps of a retracted import set no column, but their unit-hours get zeros, and the version counts them twice.
-- A wait is counted where its ticket was served, as Decision 468/QD-TTg measures it per visit served.
INSERT INTO ticket_shares
SELECT
  touched_unit, touched_hour, ticket,
  here AND touched_hour = toStartOfHour(issued_at) AS issued,
  here AND touched_hour = toStartOfHour(called_at) AS called,
  called AND dateDiff('millisecond', issued_at, called_at) <= {call_within_ms} AS called_in_time,
  here AND touched_hour = toStartOfHour(served_at) AS served,
  here AND served_at IS NULL AND touched_hour = toStartOfHour(abandoned_at) AS abandoned,
  if(served AND called_at >= issued_at, dateDiff('second', issued_at, called_at), NULL) AS waited_s,
  if(served AND served_at >= called_at, dateDiff('second', called_at, served_at), NULL) AS handled_s,
  version
FROM
(
  SELECT *, touched_unit, touched_unit = unit AS here
  FROM
  (
    SELECT
      ticket,
      argMinIf(unit, (occurred_at, event_id), stands) AS unit,
      minOrNullIf(occurred_at, stands AND type = 'queue.ticket_issued') AS issued_at,
      minOrNullIf(occurred_at, stands AND type = 'queue.called') AS called_at,
      maxOrNullIf(occurred_at, stands AND type = 'queue.served') AS served_at,
      maxOrNullIf(occurred_at, stands AND type = 'queue.abandoned') AS abandoned_at,
      groupUniqArray(at_unit) AS units,
      groupUniqArray(toStartOfHour(occurred_at)::DateTime('UTC')) AS hours,
      count() + countIf(NOT stands) AS version
    FROM
    (
      SELECT *, unit AS at_unit, NOT has({retracted:Array(String)}, toString(source)) AS stands
      FROM ticket_events FINAL
      WHERE ticket IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'ticket')
    )
    GROUP BY ticket
  )
  ARRAY JOIN units AS touched_unit
)
ARRAY JOIN hours AS touched_hour
SETTINGS prefer_column_name_to_alias = 1
