-- Waiting tickets and serving counters at this moment, by the unit of the ticket's first step; bounded by the day's
-- tickets.
--
-- A ticket waits from its issue until it is called or ends; when it counts as forgotten stands in
-- contract/indicators/queues.py.
SELECT
  at_unit AS unit,
  length(since) AS waiting,
  arrayMin(since) AS waiting_since,
  length(open_since) - length(since) AS forgotten,
  arrayMap(
    call -> call.2,
    arrayFilter(
      (call, n) -> call.3 AND n = arrayFirstIndex(other -> other.2 = call.2, calls)
        AND call.1 > {end:DateTime64(3, 'UTC')} - toIntervalSecond({forgotten_after_s:UInt32}),
      calls, arrayEnumerate(calls)
    )
  ) AS counters,
  newest_at,
  arrayFilter(
    issued -> newest_at > {end:DateTime64(3, 'UTC')} - toIntervalSecond({quiet_after_s:UInt32})
      AND (issued > {end:DateTime64(3, 'UTC')} - toIntervalSecond({forgotten_after_s:UInt32})
        OR arrayCount(other -> other > issued, called) < {overtaken_by:UInt32}),
    open_since
  ) AS since
FROM
(
  SELECT
    at_unit,
    groupArrayIf(assumeNotNull(issued_at), isNotNull(issued_at) AND isNull(called_at) AND NOT ended) AS open_since,
    groupArrayIf(assumeNotNull(issued_at), isNotNull(issued_at) AND isNotNull(called_at)) AS called,
    arrayReverseSort(groupArrayIf((assumeNotNull(called_at), at_counter, NOT ended), isNotNull(called_at))) AS calls,
    max(last_at) AS newest_at
  FROM
  (
    SELECT
      ticket,
      argMin(unit, (occurred_at, event_id)) AS at_unit,
      minOrNullIf(occurred_at, type = 'queue.ticket_issued') AS issued_at,
      maxOrNullIf(occurred_at, type = 'queue.called') AS called_at,
      argMaxIf(toString(counter), occurred_at, type = 'queue.called') AS at_counter,
      countIf(type IN ('queue.served', 'queue.abandoned')) > 0 AS ended,
      max(occurred_at) AS last_at
    FROM ticket_events FINAL
    WHERE occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
      AND source NOT IN (SELECT source FROM retracted_sources)
      AND ticket IN
      (
        SELECT subject FROM events
        WHERE unit IN {units:Array(String)} AND startsWith(type, 'queue.')
          AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
      )
    GROUP BY ticket
  )
  WHERE at_unit IN {units:Array(String)}
  GROUP BY at_unit
)
ORDER BY waiting_since, unit
