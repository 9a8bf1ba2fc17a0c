-- The appointment of every touched dossier, and with it what is early and what is late.
--
-- The appointment is the last one given, or acceptance and the procedure's term in the unit's calendar. Time in which
-- the clock stood moves it on by as many working seconds, unless a newer appointment was given since; the policy
-- 'restart' counts the term again from the end of the last pause (Decree 297/2025). A term in days counted by day
-- leaves the first day out and ends with a working day (Civil Code, art. 147-148).
INSERT INTO dossiers
WITH
  days AS MATERIALIZED (SELECT * FROM calendar_days FINAL),
  measured AS MATERIALIZED
  (
    SELECT
      *,
      given_due_at IS NOT NULL AS given,
      arrayFilter(pause -> pause.1 >= if(given, given_at, accepted_at), pauses) AS counted,
      NOT given AND supplement_policy = 'restart' AND notEmpty(counted) AS restarted,
      multiIf(given, given_due_at, term = 0, NULL, restarted, counted[-1].2, accepted_at) AS base_at,
      -- The base first, then each pause's start and end.
      if(
        base_at IS NULL, [],
        arrayConcat(
          [assumeNotNull(base_at)],
          if(restarted, [], arrayFlatten(arrayMap(pause -> [pause.1, pause.2], counted)))
        )
      ) AS points
    FROM
    (
      SELECT * FROM dossier_folds FINAL
      WHERE dossier IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
    ) AS folds
    LEFT JOIN
    (
      SELECT
        procedure AS known_procedure, term, term_unit, count_mode, deadline_rule, supplement_policy,
        attributes AS procedure_attributes
      FROM procedures FINAL
      WHERE NOT abolished
      ORDER BY as_of DESC
      LIMIT 1 BY procedure
    ) AS known ON procedure = known_procedure
    LEFT JOIN (SELECT unit AS calendar_unit, calendar FROM unit_calendars FINAL) AS calendars ON unit = calendar_unit
  ),
  -- Where in its calendar's working seconds each point lies.
  positions AS MATERIALIZED
  (
    SELECT
      dossier,
      min(found) AS in_calendar,
      anyIf(worked_s, n = 1) AS base_s,
      anyIf(next_number, n = 1) AS first_number,
      sumIf(if(n % 2 = 1, 1, -1) * worked_s, n > 1) AS paused_working_s,
      sumIf(if(n % 2 = 1, 1, -1) * toUnixTimestamp64Milli(point), n > 1) / 1000 AS paused_wall_s
    FROM
    (
      SELECT
        p.dossier AS dossier, p.n AS n, p.point AS point,
        days.calendar != '' AS found,
        days.worked_before_s + arraySum(
          (opens_at, closes_at) -> greatest(
            0, least(dateDiff('second', opens_at, p.point), dateDiff('second', opens_at, closes_at))
          ),
          days.opens, days.closes
        ) AS worked_s,
        -- What comes after closing or on a day off counts as of the next working day.
        days.day_number + (empty(days.closes) OR p.point >= days.closes[-1]) AS next_number
      FROM (SELECT dossier, calendar, n, point FROM measured ARRAY JOIN points AS point, arrayEnumerate(points) AS n) AS p
      LEFT JOIN days
        ON p.calendar = days.calendar AND toDate32(p.point, 'Asia/Ho_Chi_Minh') = days.day
    )
    GROUP BY dossier
  ),
  day_ends AS
  (
    SELECT calendar, day_number, day, worked_before_s + worked_s AS worked_by_end_s
    FROM days
    WHERE worked_s > 0
  ),
  -- The appointment's own place in the working seconds.
  due_positions AS
  (
    SELECT
      m.dossier AS dossier, m.calendar AS calendar,
      multiIf(
        m.given, positions.base_s,
        m.term_unit = 'hour', positions.base_s + m.term * 3600,
        m.count_mode = 'hour' AND m.term_unit = 'working_day', positions.base_s + m.term * 28800,
        m.term_unit = 'working_day', last_working.worked_by_end_s,
        last_calendar.worked_by_end_s
      ) + positions.paused_working_s AS due_s,
      positions.paused_working_s AS paused_working_s
    FROM measured AS m
    INNER JOIN positions ON m.dossier = positions.dossier
    LEFT JOIN day_ends AS last_working
      ON m.calendar = last_working.calendar AND last_working.day_number = positions.first_number + m.term
    LEFT JOIN day_ends AS first_day
      ON m.calendar = first_day.calendar AND first_day.day_number = positions.first_number
    LEFT JOIN days AS last_day
      ON m.calendar = last_day.calendar AND last_day.day = first_day.day + m.term
    LEFT JOIN day_ends AS last_calendar
      ON m.calendar = last_calendar.calendar
      AND last_calendar.day_number = last_day.day_number + (last_day.worked_s = 0)
    WHERE positions.in_calendar
  )
SELECT
  m.dossier, m.source, m.unit, m.procedure, m.channel, m.staff, m.counter, m.received_at, m.accepted_at,
  m.completed_at, m.returned_at, m.ended_at, m.ending, m.supplements, m.paused_since,
  multiIf(
    m.given AND coalesce(positions.paused_wall_s, 0) = 0, m.given_due_at,
    m.given AND NOT positions.in_calendar, m.given_due_at + toIntervalMillisecond(round(positions.paused_wall_s * 1000)),
    -- Beyond the last day that the calendar knows no appointment can be told.
    due_day.calendar = '' OR due.due_s > due_day.worked_before_s + due_day.worked_s, NULL,
    -- The session in which the appointment falls, and how far into it.
    toDateTime64(
      arrayFold(
        (acc, opens_at, closes_at) -> if(
          acc.1 <= 0, acc,
          (
            acc.1 - dateDiff('second', opens_at, closes_at),
            opens_at + toIntervalSecond(least(acc.1, dateDiff('second', opens_at, closes_at)))
          )
        ),
        due_day.opens, due_day.closes, (due.due_s - due_day.worked_before_s, toDateTime(0, 'UTC'))
      ).2,
      3, 'UTC'
    )
  ) AS due_at,
  if(m.deadline_rule = 'instant', due_at, toDateTime64(toStartOfDay(due_at, 'Asia/Ho_Chi_Minh'), 3, 'UTC')) AS early_before,
  if(m.deadline_rule = 'instant', due_at, addMilliseconds(addDays(early_before, 1), -1)) AS late_after,
  m.attributes + m.procedure_attributes
    + bitShiftLeft((m.procedure != '' AND m.channel != '' AND m.accepted_at IS NOT NULL AND due_at IS NOT NULL)::UInt64, 25) -- complete
    + bitShiftLeft(coalesce(m.ended_at < early_before, false)::UInt64, 26) -- early
    + bitShiftLeft(coalesce(m.ended_at <= late_after, false)::UInt64, 27) -- ended_in_time
    + bitShiftLeft(coalesce(m.ended_at > late_after, false)::UInt64, 28) -- ended_late
    + bitShiftLeft(coalesce(m.paused_since <= late_after, false)::UInt64, 29) -- waiting
    + bitShiftLeft(coalesce(m.apologised_at <= due_at - INTERVAL 1 DAY, false)::UInt64, 30) AS attributes, -- apologised_in_time
  m.units, m.days, m.version + (SELECT count() FROM reference_ids FINAL)
FROM measured AS m
LEFT JOIN positions ON m.dossier = positions.dossier
LEFT JOIN due_positions AS due ON m.dossier = due.dossier
ASOF LEFT JOIN (SELECT * FROM days WHERE worked_s > 0) AS due_day
  ON due.calendar = due_day.calendar AND due.due_s > due_day.worked_before_s
SETTINGS enable_materialized_cte = 1
