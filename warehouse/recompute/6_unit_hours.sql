-- The figures of every touched unit-hour, made anew from the rows that lie in it. One that became empty is written
-- as zeros. What "satisfied" means on each scale comes from the contract.
INSERT INTO unit_hours
WITH cells AS (SELECT DISTINCT unit, hour FROM touched WHERE batch = {batch:UUID} AND kind = 'cell')
SELECT
  cells.unit, cells.hour,
  r.answered, r.satisfied, r.very_answered, r.very_satisfied, r.dissatisfied,
  t.issued, t.called, t.called_in_time, t.served, t.abandoned, t.waits_s,
  d.received, d.completed, d.early, d.late, d.returned,
  e.events, e.events_by_source, e.delays_s, e.recorded_at
FROM cells
LEFT JOIN
(
  SELECT
    unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour,
    count() AS answered,
    countIf(score >= satisfied_level) AS satisfied,
    countIf(very_level != {never:Int8}) AS very_answered,
    countIf(score >= very_level) AS very_satisfied,
    answered - satisfied AS dissatisfied
  FROM
  (
    SELECT
      unit, occurred_at, score,
      transform(toString(scale), {scales:Array(String)}, {satisfied_from:Array(Int8)}, {never:Int8}) AS satisfied_level,
      transform(toString(scale), {scales:Array(String)}, {very_from:Array(Int8)}, {never:Int8}) AS very_level
    FROM ratings FINAL
    WHERE (unit, toStartOfHour(occurred_at)) IN cells
  )
  GROUP BY unit, hour
) AS r ON cells.unit = r.unit AND cells.hour = r.hour
LEFT JOIN
(
  SELECT
    unit, hour, sum(issued) AS issued, sum(called) AS called, sum(called_in_time) AS called_in_time,
    sum(served) AS served, sum(abandoned) AS abandoned,
    sumMap(if(waited_s IS NULL, CAST(map(), 'Map(UInt32, UInt32)'), map(assumeNotNull(waited_s), 1::UInt32))) AS waits_s
  FROM (SELECT * FROM ticket_hours FINAL WHERE (unit, hour) IN cells)
  GROUP BY unit, hour
) AS t ON cells.unit = t.unit AND cells.hour = t.hour
LEFT JOIN
(
  SELECT
    unit, hour, sum(received) AS received, sum(completed) AS completed, sum(early) AS early, sum(late) AS late,
    sum(returned) AS returned
  FROM (SELECT * FROM dossier_hours FINAL WHERE (unit, hour) IN cells)
  GROUP BY unit, hour
) AS d ON cells.unit = d.unit AND cells.hour = d.hour
LEFT JOIN
(
  -- Delays are kept to the second below ten minutes, to the minute below a day, to the day beyond, rounded up.
  SELECT
    unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour, count() AS events,
    sumMap(map(toString(source), 1::UInt32)) AS events_by_source,
    sumMap(
      map(
        multiIf(
          delay_s <= 600, delay_s, delay_s <= 86400, intDiv(delay_s + 59, 60) * 60, intDiv(delay_s + 86399, 86400) * 86400
        )::UInt32,
        1::UInt32
      )
    ) AS delays_s,
    max(recorded_at) AS recorded_at
  FROM
  (
    SELECT unit, occurred_at, source, recorded_at, greatest(0, dateDiff('second', occurred_at, recorded_at)) AS delay_s
    FROM events FINAL
    WHERE (unit, toStartOfHour(occurred_at)) IN cells
  )
  GROUP BY unit, hour
) AS e ON cells.unit = e.unit AND cells.hour = e.hour
