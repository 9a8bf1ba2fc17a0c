-- grain: one row per dossier, with its appointment
-- key: dossier
-- version: version
-- touched by: dossier, procedure, calendar, petition, replacement
-- after: dossier_folds, petitions, procedures, calendar_days, unit_calendars, reference_ids
--
-- The appointment of every touched dossier, and with it the attributes of being early or late.
--
-- The appointment is the last one given, or acceptance and the procedure's term in the unit's calendar. Time in which
-- the clock stood moves it on by as many working seconds, unless a newer appointment was given since; the policy
-- 'restart' counts the term again from the end of the last pause (Decree 297/2025). A term in days counted by day
-- leaves the first day out and ends with a working day (Civil Code, art. 147-148). A term that would begin after the
-- procedure's cut-off of that day begins when the day is over, as after closing. Of those that are settled the
-- working time is counted without all the time in which the clock stood. Days and hours are those of the calendar's
-- zone.
--
-- Each step is a layer around the one before: ClickHouse plans an alias again at each use in its own layer, and so it
-- does with a table that is joined with itself. Planning is most of the cost of a small batch.
INSERT INTO dossiers
WITH
{include:clock},
  dossiers_with_rules AS
  (
    SELECT
      dossier, accepted_at, ended_at, paused_since, pauses, given_due_at, apologised_at,
      calendar, if(its_zone = '', {zone}, its_zone) AS zone,
      term, term_unit, count_mode, deadline_rule, supplement_policy, cutoffs,
      -- Columns that no layer below uses are carried in one tuple, for each column is planned in each layer.
      tuple(
        source, unit, procedure, channel, staff, counter, received_at, completed_at, returned_at, ending, supplements,
        steps_due, steps_early, steps_in_time, attributes + procedure_attributes AS attributes_so_far,
        units, days, version
      ) AS carried,
      given_due_at IS NOT NULL AS is_given,
      arrayFilter(pause -> pause.1 >= if(given_due_at IS NOT NULL, given_at, accepted_at), pauses) AS counted_pauses,
      ending IN ('completed', 'returned') AND accepted_at IS NOT NULL AS is_settled,
      greatest(assumeNotNull(accepted_at), assumeNotNull(ended_at)) AS settled_at
    FROM
    (
      SELECT * FROM dossier_folds FINAL
      WHERE dossier IN {include:touched_dossiers}
    ) AS fold
    LEFT JOIN
    (
      SELECT
        procedure AS known_procedure, term, term_unit, count_mode, deadline_rule, supplement_policy, cutoffs,
        attributes AS procedure_attributes
      FROM procedures FINAL
      WHERE NOT abolished
      ORDER BY as_of DESC
      LIMIT 1 BY procedure
    ) AS rules ON procedure = known_procedure
    LEFT JOIN (SELECT unit AS calendar_unit, calendar, zone AS its_zone FROM unit_calendars FINAL) AS calendars
      ON unit = calendar_unit
  ),
  terms_begun AS
  (
    SELECT
      *,
      NOT is_given AND supplement_policy = 'restart' AND notEmpty(counted_pauses) AS restarted,
      multiIf(is_given, given_due_at, term = 0, NULL, restarted, counted_pauses[-1].2, accepted_at) AS begins_at,
      arrayFilter(
        stood -> stood.1 < stood.2,
        arrayMap(
          pause -> (greatest(pause.1, assumeNotNull(accepted_at)), least(pause.2, settled_at)),
          if(
            coalesce(paused_since < settled_at, false),
            arrayPushBack(pauses, (assumeNotNull(paused_since), settled_at)), pauses
          )
        )
      ) AS stood_until_settled
    FROM dossiers_with_rules
  ),
  -- The instants that count, each with whether it is the base, and its sign in the sums of the time the clock stood
  -- and of the working time.
  instants_listed AS
  (
    SELECT
      *,
      arrayConcat(
        if(begins_at IS NULL, [], [(greatest(assumeNotNull(begins_at), waits_until), 1, 0, 0)]),
        if(
          begins_at IS NULL OR restarted, [],
          arrayFlatten(
            arrayMap(
              pause -> [(greatest(pause.1, waits_until), 0, -1, 0), (greatest(pause.2, waits_until), 0, 1, 0)],
              counted_pauses
            )
          )
        ),
        if(is_settled, [(assumeNotNull(accepted_at), 0, 0, -1), (settled_at, 0, 0, 1)], []),
        if(
          is_settled,
          arrayFlatten(arrayMap(stood -> [(stood.1, 0, 0, 1), (stood.2, 0, 0, -1)], stood_until_settled)), []
        )
      )::Array(Tuple(DateTime64(3, 'UTC'), Int8, Int8, Int8)) AS points
    FROM
    (
      SELECT
        *,
        assumeNotNull(begins_at) AS from_at,
        clock_ms(from_at, zone) AS shown_ms,
        shown_ms % {day_ms} AS of_day_ms,
        addMilliseconds(from_at, {day_end_ms} - of_day_ms) AS at_midnight,
        -- A cut-off's first day is kept as the instant at which that day begins in Vietnam. The term waits until the
        -- last moment of the day, also of a day in which the clock is changed; it waits for nothing (an instant long
        -- ago) when the dossier came before the cut-off.
        if(
          NOT is_given AND begins_at IS NOT NULL
            AND of_day_ms > arrayLast(
              cutoff -> toUnixTimestamp64Milli(cutoff.1) + {vietnam_offset_ms} <= shown_ms, cutoffs
            ).2,
          addMilliseconds(at_midnight, shown_ms - of_day_ms + {day_end_ms} - clock_ms(at_midnight, zone)),
          toDateTime64(0, 3, 'UTC')
        ) AS waits_until
      FROM terms_begun
    )
  ),
  -- Where in its calendar's working seconds each of them lies.
  instants_in_calendar AS
  (
    SELECT
      instants.* EXCEPT point,
      instants.point.2 = 1 AS is_base, instants.point.3 AS stood_sign, instants.point.4 AS worked_sign,
      toUnixTimestamp64Milli(instants.point.1) AS at_ms,
      days.calendar != '' AS is_known_day,
      days.worked_before_s + arraySum(
        (opens_at, closes_at) -> greatest(
          0, least(dateDiff('second', opens_at, instants.point.1), dateDiff('second', opens_at, closes_at))
        ),
        days.opens, days.closes
      ) AS at_s,
      -- What comes after closing or on a day off counts as of the next working day.
      empty(days.closes) OR instants.point.1 >= days.closes[-1] AS is_closed,
      days.day_number + is_closed AS number,
      if(is_closed, days.next_day, days.day) AS opened_on
    FROM (SELECT *, point FROM instants_listed LEFT ARRAY JOIN points AS point) AS instants
    LEFT JOIN (SELECT * FROM calendar_days FINAL) AS days
      ON instants.calendar = days.calendar AND day_in(instants.point.1, instants.zone) = days.day
  ),
  working_seconds AS
  (
    SELECT
      dossier,
      any(carried) AS carried, any(accepted_at) AS accepted_at, any(ended_at) AS ended_at,
      any(paused_since) AS paused_since, any(apologised_at) AS apologised_at, any(calendar) AS its_calendar,
      any(zone) AS zone, any(is_given) AS is_given,
      any(given_due_at) AS given_due_at, any(term) AS term, any(term_unit) AS term_unit, any(count_mode) AS count_mode,
      any(deadline_rule) AS deadline_rule,
      minIf(is_known_day, worked_sign = 0 AND notEmpty(points)) AS in_calendar,
      anyIf(at_s, is_base) AS base_s,
      anyIf(number, is_base) + term AS last_number,
      anyIf(opened_on, is_base) + term AS last_day,
      sum(stood_sign * at_s) AS stood_s,
      sum(stood_sign * at_ms) AS stood_ms,
      if(minIf(is_known_day, worked_sign != 0), sum(worked_sign * at_s), NULL) AS net_s
    FROM instants_in_calendar
    GROUP BY dossier
  ),
  -- The appointment as working seconds of its calendar; -1 where the calendar is too short.
  due_in_working_seconds AS
  (
    SELECT
      sums.*,
      multiIf(
        NOT sums.in_calendar, -1,
        sums.is_given, sums.base_s + sums.stood_s,
        sums.term_unit = 'hour', sums.base_s + sums.term * 3600 + sums.stood_s,
        sums.term_unit = 'working_day' AND sums.count_mode = 'hour',
          sums.base_s + sums.term * {working_day_s} + sums.stood_s,
        sums.term_unit = 'working_day', if(numbered.calendar = '', -1, numbered.end_s + sums.stood_s),
        if(dated.end_s > 0, dated.end_s + sums.stood_s, -1)
      ) AS due_s
    FROM working_seconds AS sums
    LEFT JOIN (SELECT * FROM calendar_days FINAL WHERE worked_s > 0) AS numbered
      ON sums.its_calendar = numbered.calendar AND sums.last_number = numbered.day_number
    LEFT JOIN (SELECT * FROM calendar_days FINAL) AS dated
      ON sums.its_calendar = dated.calendar AND sums.last_day = dated.day
  ),
  appointments_placed AS
  (
    SELECT
      due.*,
      petitioned.seen AS seen,
      petitioned.misconduct AS misconduct,
      multiIf(
        due.is_given AND due.stood_ms = 0, due.given_due_at,
        due.is_given AND NOT due.in_calendar, due.given_due_at + toIntervalMillisecond(due.stood_ms),
        -- Beyond the last day of the calendar no appointment can be counted.
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
      ) AS due_at
    FROM due_in_working_seconds AS due
    LEFT JOIN
    (
      SELECT
        about, sum(version) AS seen,
        max(
          has(dossiers, about)
          AND bitTestAll(attributes, {petition_attribute:behaviour}, {petition_attribute:confirmed})
        ) AS misconduct
      FROM petitions FINAL
      ARRAY JOIN named AS about
      WHERE about IN {include:touched_dossiers}
      GROUP BY about
    ) AS petitioned ON due.dossier = petitioned.about
    ASOF LEFT JOIN (SELECT * FROM calendar_days FINAL WHERE worked_s > 0) AS due_day
      ON due.its_calendar = due_day.calendar AND due.due_s > due_day.worked_before_s
  ),
  -- The day of the appointment: when it begins, and when the next one does.
  appointment_days_begun AS
  (
    SELECT
      *,
      clock_ms(assumeNotNull(due_at), zone) AS due_shown_ms,
      arrayMap(
        begins_ms -> day_begins_ms(begins_ms, toUnixTimestamp64Milli(assumeNotNull(due_at)), due_shown_ms, zone),
        [due_shown_ms - due_shown_ms % {day_ms}, due_shown_ms - due_shown_ms % {day_ms} + {day_ms}]
      ) AS due_day
    FROM appointments_placed
  ),
  deadlines_set AS
  (
    SELECT
      *,
      multiIf(
        due_at IS NULL, NULL, deadline_rule = 'instant', due_at, fromUnixTimestamp64Milli(due_day[1], 'UTC')
      ) AS early_before,
      multiIf(
        due_at IS NULL, NULL, deadline_rule = 'instant', due_at, fromUnixTimestamp64Milli(due_day[2] - 1, 'UTC')
      ) AS late_after
    FROM appointment_days_begun
  )
SELECT
  dossier, carried.source, carried.unit, carried.procedure, carried.channel, carried.staff, carried.counter,
  carried.received_at, accepted_at, carried.completed_at, carried.returned_at, ended_at, carried.ending,
  carried.supplements, paused_since, due_at, early_before, late_after, net_s,
  carried.steps_due, carried.steps_early, carried.steps_in_time,
  carried.attributes_so_far
    + bitShiftLeft(
      (carried.procedure != '' AND carried.channel != '' AND accepted_at IS NOT NULL AND due_at IS NOT NULL)::UInt64,
      {attribute:complete}
    )
    + bitShiftLeft(coalesce(ended_at < early_before, false)::UInt64, {attribute:early})
    + bitShiftLeft(coalesce(ended_at <= late_after, false)::UInt64, {attribute:ended_in_time})
    + bitShiftLeft(coalesce(ended_at > late_after, false)::UInt64, {attribute:ended_late})
    + bitShiftLeft(coalesce(paused_since <= late_after, false)::UInt64, {attribute:waiting})
    + bitShiftLeft(coalesce(apologised_at <= due_at - INTERVAL 1 DAY, false)::UInt64, {attribute:apologised_in_time})
    + bitShiftLeft(misconduct::UInt64, {attribute:misconduct})
    + bitShiftLeft((due_at IS NOT NULL)::UInt64, {attribute:appointed})
    + bitShiftLeft((accepted_at IS NOT NULL AND due_at IS NULL AND term > 0)::UInt64, {attribute:uncounted}),
  carried.units, carried.days, carried.version + seen + (SELECT count() FROM reference_ids FINAL), carried.version
FROM deadlines_set
SETTINGS enable_named_columns_in_function_tuple = 1
