-- The state of every touched dossier, folded from all its events. Only least, greatest, last-by-time and counts are
-- taken, so the order in which events arrived does not matter.
--
-- Appointment: the last one given, or acceptance + the procedure's term in the unit's calendar. Time in which the
-- clock stood (papers asked for, fee to be paid, suspended) moves it on by as many working seconds, unless a newer
-- appointment was given since; policy 'restart' counts the term again from the end of the last pause.
INSERT INTO dossiers (dossier, source, unit, procedure, channel, staff, counter, received_at, accepted_at,
  completed_at, returned_at, ended_at, ending, supplements, paused_since, paused_s, due_at, early_before, late_after,
  units, hours, events)
WITH
  (SELECT max(day) FROM working_days) AS last_day,
  day_ends AS
  (
    SELECT calendar, day_number, day, worked_before_s + worked_s AS worked_by_end_s
    FROM calendar_days WHERE worked_s > 0
  )
SELECT
  dossier, f.source, f.unit, f.procedure, f.channel, f.staff, f.counter, f.received_at, f.accepted_at,
  f.completed_at, f.returned_at, f.ended_at, f.ending, f.supplements, f.paused_since, shift_s,
  multiIf(
    f.base_at IS NULL OR f.policy = 'none', NULL,
    f.given AND shift_s = 0, f.base_at,
    f.given AND NOT in_calendar, f.base_at + toIntervalSecond(shift_s),
    session.opens_at IS NULL OR due_s IS NULL, NULL,
    toDateTime64(session.opens_at + toIntervalSecond(due_s - session.worked_before_s), 3, 'UTC')
  ) AS due,
  if(f.deadline_rule = 'instant', due, toTimeZone(toStartOfDay(due, 'Asia/Ho_Chi_Minh'), 'UTC')),
  if(
    f.deadline_rule = 'instant', due,
    toTimeZone(toStartOfDay(due, 'Asia/Ho_Chi_Minh') + INTERVAL 1 DAY, 'UTC') - INTERVAL 1 MILLISECOND
  ),
  f.units, f.hours, f.events
FROM
(
  SELECT
    dossier, f, calendar, in_calendar, shift_s,
    multiIf(
      NOT in_calendar, NULL,
      f.given, base_s + shift_s,
      f.term_unit = 'hour', base_s + f.term * 3600 + shift_s,
      f.term_unit = 'working_day' AND f.count_mode = 'hour', base_s + f.term * 28800 + shift_s,
      due_day.worked_by_end_s + shift_s
    ) AS due_s
  FROM
  (
    SELECT
      dossier, f, calendar, in_calendar, base_s, shift_s,
      if(
        f.term_unit = 'working_day',
        first_number + f.term,
        -- A last day off ends with the next working day.
        calendar_end.day_number + (calendar_end.worked_s = 0)
      ) AS due_number
    FROM
    (
      SELECT
        dossier, any(folded) AS f, any(calendar) AS calendar,
        countIf(n > 0 AND NOT found) = 0 AS in_calendar,
        anyIf(worked_s, n = 1) AS base_s,
        anyIf(first_number, n = 1) AS first_number,
        if(
          in_calendar,
          toInt64(sumIf(worked_s, n > 1 AND n % 2 = 1)) - toInt64(sumIf(worked_s, n > 1 AND n % 2 = 0)),
          dateDiff('second', toDateTime64(0, 3, 'UTC'), toDateTime64(0, 3, 'UTC')) + any(f.wall_paused_s)
        ) AS shift_s
      FROM
      (
        SELECT
          p.dossier AS dossier, p.folded AS folded, p.calendar AS calendar, p.n AS n, d.day > '1970-01-01' AS found,
          d.worked_before_s + arraySum(
            (o, c) -> greatest(0, least(dateDiff('second', o, p.point), dateDiff('second', o, c))), d.opens, d.closes
          ) AS worked_s,
          -- A dossier that comes after closing, or on a day off, counts as of the next working day.
          d.day_number + (d.worked_s = 0 OR p.point >= d.closes[-1]) AS first_number
        FROM points AS p
        LEFT JOIN calendar_days AS d ON p.calendar = d.calendar AND toDate32(p.point, 'Asia/Ho_Chi_Minh') = d.day
      )
      GROUP BY dossier
    )
  )
)
