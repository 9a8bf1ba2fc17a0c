-- The appointment of every touched dossier, and with it what is early and what is late.
--
-- The appointment is the last one given, or acceptance and the procedure's term in the unit's calendar. Time in which
-- the clock stood moves it on by as many working seconds, unless a newer appointment was given since; the policy
-- 'restart' counts the term again from the end of the last pause (Decree 297/2025). A term in days counted by day
-- leaves the first day out and ends with a working day (Civil Code, art. 147-148). Of those that are settled the working
-- time is counted without all the time in which the clock stood.
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
      ending IN ('completed', 'returned') AND accepted_at IS NOT NULL AS is_settled,
      greatest(assumeNotNull(accepted_at), assumeNotNull(ended_at)) AS settled_at,
      arrayFilter(
        stood -> stood.1 < stood.2,
        arrayMap(
          pause -> (greatest(pause.1, assumeNotNull(accepted_at)), least(pause.2, settled_at)),
          if(coalesce(paused_since < settled_at, false), arrayPushBack(pauses, (assumeNotNull(paused_since), settled_at)), pauses)
        )
      ) AS stood_within,
      -- With each instant whether it is the base, and its part in the time the clock stood and in the working time.
      arrayConcat(
        if(base_at IS NULL, [], [(assumeNotNull(base_at), 1, 0, 0)]),
        if(
          base_at IS NULL OR restarted, [],
          arrayFlatten(arrayMap(pause -> [(pause.1, 0, -1, 0), (pause.2, 0, 1, 0)], counted))
        ),
        if(is_settled, [(assumeNotNull(accepted_at), 0, 0, -1), (settled_at, 0, 0, 1)], []),
        if(is_settled, arrayFlatten(arrayMap(stood -> [(stood.1, 0, 0, 1), (stood.2, 0, 0, -1)], stood_within)), [])
      )::Array(Tuple(DateTime64(3, 'UTC'), Int8, Int8, Int8)) AS points
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
      minIf(found, worked = 0) AS in_calendar,
      anyIf(worked_s, base = 1) AS base_s,
      anyIf(next_number, base = 1) AS first_number,
      sum(paused * worked_s) AS paused_working_s,
      sum(paused * toUnixTimestamp64Milli(point)) / 1000 AS paused_wall_s,
      if(minIf(found, worked != 0), sum(worked * worked_s), NULL) AS net_s
    FROM
    (
      SELECT
        p.dossier AS dossier, p.at.1 AS point, p.at.2 AS base, p.at.3 AS paused, p.at.4 AS worked,
        days.calendar != '' AS found,
        days.worked_before_s + arraySum(
          (opens_at, closes_at) -> greatest(
            0, least(dateDiff('second', opens_at, point), dateDiff('second', opens_at, closes_at))
          ),
          days.opens, days.closes
        ) AS worked_s,
        -- What comes after closing or on a day off counts as of the next working day.
        days.day_number + (empty(days.closes) OR point >= days.closes[-1]) AS next_number
      FROM (SELECT dossier, calendar, arrayJoin(points) AS at FROM measured) AS p
      LEFT JOIN days
        ON p.calendar = days.calendar AND toDate32(p.at.1, 'Asia/Ho_Chi_Minh') = days.day
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
  positions.net_s, m.steps_due, m.steps_early, m.steps_in_time,
  m.attributes + m.procedure_attributes
    + bitShiftLeft((m.procedure != '' AND m.channel != '' AND m.accepted_at IS NOT NULL AND due_at IS NOT NULL)::UInt64, 25) -- complete
    + bitShiftLeft(coalesce(m.ended_at < early_before, false)::UInt64, 26) -- early
    + bitShiftLeft(coalesce(m.ended_at <= late_after, false)::UInt64, 27) -- ended_in_time
    + bitShiftLeft(coalesce(m.ended_at > late_after, false)::UInt64, 28) -- ended_late
    + bitShiftLeft(coalesce(m.paused_since <= late_after, false)::UInt64, 29) -- waiting
    + bitShiftLeft(coalesce(m.apologised_at <= due_at - INTERVAL 1 DAY, false)::UInt64, 30) -- apologised_in_time
    + bitShiftLeft(said.misconduct::UInt64, 46) AS attributes, -- misconduct
  m.units, m.days, m.version + said.seen + (SELECT count() FROM reference_ids FINAL)
FROM measured AS m
LEFT JOIN positions ON m.dossier = positions.dossier
LEFT JOIN due_positions AS due ON m.dossier = due.dossier
LEFT JOIN
(
  SELECT about, sum(version) AS seen, max(bitAnd(attributes, 6) = 6) AS misconduct -- behaviour, confirmed
  FROM petitions FINAL
  ARRAY JOIN dossiers AS about
  WHERE about IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
  GROUP BY about
) AS said ON m.dossier = said.about
ASOF LEFT JOIN (SELECT * FROM days WHERE worked_s > 0) AS due_day
  ON due.calendar = due_day.calendar AND due.due_s > due_day.worked_before_s
SETTINGS enable_materialized_cte = 1
