-- grain: one row per dossier, with its appointment
-- key: dossier
-- version: version
-- touched by: dossier, procedure, calendar, petition, replacement
-- after: dossier_folds, petitions, procedures, calendar_days, unit_calendars, reference_ids
--
-- The appointment of every touched dossier, and with it what is early and what is late.
--
-- The appointment is the last one given, or acceptance and the procedure's term in the unit's calendar. Time in which
-- the clock stood moves it on by as many working seconds, unless a newer appointment was given since; the policy
-- 'restart' counts the term again from the end of the last pause (Decree 297/2025). A term in days counted by day
-- leaves the first day out and ends with a working day (Civil Code, art. 147-148). A term that would begin after the
-- procedure's cut-off of that day begins when the day is over, as after closing. Of those that are settled the working
-- time is counted without all the time in which the clock stood. Days and hours are those of the calendar's zone.
--
-- Each step is a layer around the one before: what is named in a layer and used there again is planned as often, and
-- so is what is joined with itself. Planning is most of what a small batch costs.
INSERT INTO dossiers
WITH
{include:clock},
  folds AS
  (
    SELECT
      dossier, accepted_at, ended_at, paused_since, pauses, given_due_at, apologised_at,
      calendar, if(its_zone = '', {zone}, its_zone) AS zone, term, term_unit, count_mode, deadline_rule, supplement_policy, cutoffs,
      -- What is only handed on is one column, for each column is planned in each layer.
      tuple(
        source, unit, procedure, channel, staff, counter, received_at, completed_at, returned_at, ending, supplements,
        steps_due, steps_early, steps_in_time, attributes + procedure_attributes AS attributes_told, units, days, version
      ) AS told,
      given_due_at IS NOT NULL AS given,
      arrayFilter(pause -> pause.1 >= if(given_due_at IS NOT NULL, given_at, accepted_at), pauses) AS counted,
      ending IN ('completed', 'returned') AND accepted_at IS NOT NULL AS is_settled,
      greatest(assumeNotNull(accepted_at), assumeNotNull(ended_at)) AS settled_at
    FROM
    (
      SELECT * FROM dossier_folds FINAL
      WHERE dossier IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
    ) AS folded
    LEFT JOIN
    (
      SELECT
        procedure AS known_procedure, term, term_unit, count_mode, deadline_rule, supplement_policy, cutoffs,
        attributes AS procedure_attributes
      FROM procedures FINAL
      WHERE NOT abolished
      ORDER BY as_of DESC
      LIMIT 1 BY procedure
    ) AS known ON procedure = known_procedure
    LEFT JOIN (SELECT unit AS calendar_unit, calendar, zone AS its_zone FROM unit_calendars FINAL) AS calendars
      ON unit = calendar_unit
  ),
  starts AS
  (
    SELECT
      *,
      NOT given AND supplement_policy = 'restart' AND notEmpty(counted) AS restarted,
      multiIf(given, given_due_at, term = 0, NULL, restarted, counted[-1].2, accepted_at) AS begins_at,
      arrayFilter(
        stood -> stood.1 < stood.2,
        arrayMap(
          pause -> (greatest(pause.1, assumeNotNull(accepted_at)), least(pause.2, settled_at)),
          if(coalesce(paused_since < settled_at, false), arrayPushBack(pauses, (assumeNotNull(paused_since), settled_at)), pauses)
        )
      ) AS stood_within
    FROM folds
  ),
  -- The instants that count, each with whether it is the base, and its part in the time the clock stood and in the
  -- working time.
  measured AS
  (
    SELECT
      *,
      arrayConcat(
        if(begins_at IS NULL, [], [(greatest(assumeNotNull(begins_at), waits_until), 1, 0, 0)]),
        if(
          begins_at IS NULL OR restarted, [],
          arrayFlatten(
            arrayMap(
              pause -> [(greatest(pause.1, waits_until), 0, -1, 0), (greatest(pause.2, waits_until), 0, 1, 0)], counted
            )
          )
        ),
        if(is_settled, [(assumeNotNull(accepted_at), 0, 0, -1), (settled_at, 0, 0, 1)], []),
        if(is_settled, arrayFlatten(arrayMap(stood -> [(stood.1, 0, 0, 1), (stood.2, 0, 0, -1)], stood_within)), [])
      )::Array(Tuple(DateTime64(3, 'UTC'), Int8, Int8, Int8)) AS points
    FROM
    (
      SELECT
        *,
        assumeNotNull(begins_at) AS from_at,
        clock_ms(from_at, zone) AS shown_ms,
        shown_ms % {day_ms} AS of_day_ms,
        addMilliseconds(from_at, {day_end_ms} - of_day_ms) AS at_midnight,
        -- From when on a cut-off holds is kept as the beginning of its day in Vietnam, seven hours ahead. The last moment of
        -- the day, also of one in which the clock is changed; for who came in time, an instant long ago.
        if(
          NOT given AND begins_at IS NOT NULL
            AND of_day_ms > arrayLast(cutoff -> toUnixTimestamp64Milli(cutoff.1) + {vietnam_offset_ms} <= shown_ms, cutoffs).2,
          addMilliseconds(at_midnight, shown_ms - of_day_ms + {day_end_ms} - clock_ms(at_midnight, zone)),
          toDateTime64(0, 3, 'UTC')
        ) AS waits_until
      FROM starts
    )
  ),
  -- Where in its calendar's working seconds each of them lies.
  placed AS
  (
    SELECT
      m.* EXCEPT point,
      m.point.2 = 1 AS is_base, m.point.3 AS stands, m.point.4 AS works,
      toUnixTimestamp64Milli(m.point.1) AS at_ms,
      days.calendar != '' AS found,
      days.worked_before_s + arraySum(
        (opens_at, closes_at) -> greatest(
          0, least(dateDiff('second', opens_at, m.point.1), dateDiff('second', opens_at, closes_at))
        ),
        days.opens, days.closes
      ) AS at_s,
      -- What comes after closing or on a day off counts as of the next working day.
      empty(days.closes) OR m.point.1 >= days.closes[-1] AS is_closed,
      days.day_number + is_closed AS number,
      if(is_closed, days.next_day, days.day) AS opened_on
    FROM (SELECT *, point FROM measured LEFT ARRAY JOIN points AS point) AS m
    LEFT JOIN (SELECT * FROM calendar_days FINAL) AS days
      ON m.calendar = days.calendar AND day_in(m.point.1, m.zone) = days.day
  ),
  positions AS
  (
    SELECT
      dossier,
      any(told) AS told, any(accepted_at) AS accepted_at, any(ended_at) AS ended_at, any(paused_since) AS paused_since,
      any(apologised_at) AS apologised_at, any(calendar) AS its_calendar, any(zone) AS zone, any(given) AS given,
      any(given_due_at) AS given_due_at, any(term) AS term, any(term_unit) AS term_unit, any(count_mode) AS count_mode,
      any(deadline_rule) AS deadline_rule,
      minIf(found, works = 0 AND notEmpty(points)) AS in_calendar,
      anyIf(at_s, is_base) AS base_s,
      anyIf(number, is_base) + term AS last_number,
      anyIf(opened_on, is_base) + term AS last_day,
      sum(stands * at_s) AS stood_s,
      sum(stands * at_ms) AS stood_ms,
      if(minIf(found, works != 0), sum(works * at_s), NULL) AS net_s
    FROM placed
    GROUP BY dossier
  ),
  -- The appointment's own place in the working seconds; -1 where the calendar does not tell.
  due AS
  (
    SELECT
      p.*,
      multiIf(
        NOT p.in_calendar, -1,
        p.given, p.base_s + p.stood_s,
        p.term_unit = 'hour', p.base_s + p.term * 3600 + p.stood_s,
        p.term_unit = 'working_day' AND p.count_mode = 'hour', p.base_s + p.term * {working_day_s} + p.stood_s,
        p.term_unit = 'working_day', if(numbered.calendar = '', -1, numbered.end_s + p.stood_s),
        if(dated.end_s > 0, dated.end_s + p.stood_s, -1)
      ) AS due_s
    FROM positions AS p
    LEFT JOIN (SELECT * FROM calendar_days FINAL WHERE worked_s > 0) AS numbered
      ON p.its_calendar = numbered.calendar AND p.last_number = numbered.day_number
    LEFT JOIN (SELECT * FROM calendar_days FINAL) AS dated
      ON p.its_calendar = dated.calendar AND p.last_day = dated.day
  ),
  appointed AS
  (
    SELECT
      d.*,
      said.seen AS seen,
      said.misconduct AS misconduct,
      multiIf(
        d.given AND d.stood_ms = 0, d.given_due_at,
        d.given AND NOT d.in_calendar, d.given_due_at + toIntervalMillisecond(d.stood_ms),
        -- Beyond the last day that the calendar knows no appointment can be told.
        due_day.calendar = '' OR d.due_s > due_day.worked_before_s + due_day.worked_s, NULL,
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
            due_day.opens, due_day.closes, (d.due_s - due_day.worked_before_s, toDateTime(0, 'UTC'))
          ).2,
          3, 'UTC'
        )
      ) AS due_at
    FROM due AS d
    LEFT JOIN
    (
      SELECT about, sum(version) AS seen, max(has(dossiers, about) AND bitAnd(attributes, 6) = 6) AS misconduct -- behaviour, confirmed
      FROM petitions FINAL
      ARRAY JOIN named AS about
      WHERE about IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier')
      GROUP BY about
    ) AS said ON d.dossier = said.about
    ASOF LEFT JOIN (SELECT * FROM calendar_days FINAL WHERE worked_s > 0) AS due_day
      ON d.its_calendar = due_day.calendar AND d.due_s > due_day.worked_before_s
  ),
  -- The day of the appointment: when it begins, and when the next one does.
  begun AS
  (
    SELECT
      *,
      clock_ms(assumeNotNull(due_at), zone) AS due_shown_ms,
      arrayMap(
        begins_ms -> day_begins_ms(begins_ms, toUnixTimestamp64Milli(assumeNotNull(due_at)), due_shown_ms, zone),
        [due_shown_ms - due_shown_ms % {day_ms}, due_shown_ms - due_shown_ms % {day_ms} + {day_ms}]
      ) AS due_day
    FROM appointed
  ),
  ended AS
  (
    SELECT
      *,
      multiIf(
        due_at IS NULL, NULL, deadline_rule = 'instant', due_at, fromUnixTimestamp64Milli(due_day[1], 'UTC')
      ) AS early_before,
      multiIf(
        due_at IS NULL, NULL, deadline_rule = 'instant', due_at, fromUnixTimestamp64Milli(due_day[2] - 1, 'UTC')
      ) AS late_after
    FROM begun
  )
SELECT
  dossier, told.source, told.unit, told.procedure, told.channel, told.staff, told.counter, told.received_at, accepted_at,
  told.completed_at, told.returned_at, ended_at, told.ending, told.supplements, paused_since, due_at, early_before,
  late_after, net_s, told.steps_due, told.steps_early, told.steps_in_time,
  told.attributes_told
    + bitShiftLeft((told.procedure != '' AND told.channel != '' AND accepted_at IS NOT NULL AND due_at IS NOT NULL)::UInt64, {attribute:complete})
    + bitShiftLeft(coalesce(ended_at < early_before, false)::UInt64, {attribute:early})
    + bitShiftLeft(coalesce(ended_at <= late_after, false)::UInt64, {attribute:ended_in_time})
    + bitShiftLeft(coalesce(ended_at > late_after, false)::UInt64, {attribute:ended_late})
    + bitShiftLeft(coalesce(paused_since <= late_after, false)::UInt64, {attribute:waiting})
    + bitShiftLeft(coalesce(apologised_at <= due_at - INTERVAL 1 DAY, false)::UInt64, {attribute:apologised_in_time})
    + bitShiftLeft(misconduct::UInt64, {attribute:misconduct})
    + bitShiftLeft((due_at IS NOT NULL)::UInt64, {attribute:appointed})
    + bitShiftLeft((accepted_at IS NOT NULL AND due_at IS NULL AND term > 0)::UInt64, {attribute:uncounted}),
  told.units, told.days, told.version + seen + (SELECT count() FROM reference_ids FINAL), told.version
FROM ended
SETTINGS enable_named_columns_in_function_tuple = 1
