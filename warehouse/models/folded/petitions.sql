-- grain: one row per petition
-- key: petition
-- version: version
-- touched by: petition, calendar
-- after: touched_by_reference, petition_events, calendar_days, unit_calendars, reference_ids
--
-- Every touched petition, compared with its working days (as Decision 766, indicator 5.2, counts them): refused
-- within 2, papers asked for within 5, answered within 15, the answer published within 2 more. Without a calendar
-- nothing is due.
--
-- Steps of a retracted import set no column, and the version counts them twice. A petition whose receipt was
-- retracted is received in 2100, in no period, so that its row replaces the one before.
INSERT INTO petitions
WITH
{include:clock},
  -- A day that is not in the calendar is 1970-01-01, which no step is in time for.
  coalesce(handled.refused_on <= refusal.day, handled.resolved_on <= answer.day, false)
    AND coalesce(handled.asked_on <= papers.day, true)
    AND coalesce(handled.published_on <= publication.day OR publication.calendar = '', true) AS in_time,
  instant_ms((toInt64(toInt32(answer.day)) + 1) * {day_ms}, handled.zone) AS answer_ends_ms,
  days AS MATERIALIZED (SELECT * FROM calendar_days FINAL),
  petitions_with_calendars AS MATERIALIZED
  (
    SELECT
      petition, home, received_at, refused_at, asked_at, resolved_at, published_at, own_attributes, dossiers, named,
      version,
      calendars.calendar AS calendar, if(calendars.zone = '', {zone}, calendars.zone) AS zone
    FROM
    (
      SELECT
        petition,
        argMinIf(unit, (type != 'petition.received', occurred_at, event_id), stands) AS home,
        countIf(stands AND type = 'petition.received') > 0 AS is_received,
        if(
          is_received, minIf(occurred_at, stands AND type = 'petition.received'),
          {never}
        ) AS received_at,
        minOrNullIf(occurred_at, stands AND type = 'petition.refused') AS refused_at,
        minOrNullIf(occurred_at, stands AND type = 'petition.supplement_asked') AS asked_at,
        minOrNullIf(occurred_at, stands AND type = 'petition.resolved') AS resolved_at,
        minOrNullIf(occurred_at, stands AND type = 'petition.published') AS published_at,
        argMaxIf(category, (occurred_at, event_id), stands AND category != '') AS last_category,
        argMaxIf(assumeNotNull(confirmed), (occurred_at, event_id), stands AND confirmed IS NOT NULL) AS is_confirmed,
        is_received::UInt64 * (
          bitShiftLeft((last_category = 'regulation')::UInt64, {petition_attribute:regulation})
          + bitShiftLeft((last_category = 'behaviour')::UInt64, {petition_attribute:behaviour})
          + bitShiftLeft(is_confirmed::UInt64, {petition_attribute:confirmed})
          + bitShiftLeft(
            (countIf(stands AND likes = false) > countIf(stands AND likes = true))::UInt64,
            {petition_attribute:disliked}
          )
          + bitShiftLeft((countIf(stands AND reopened) > 0)::UInt64, {petition_attribute:reopened})
        ) AS own_attributes,
        groupUniqArrayIf(dossier, stands AND dossier != '') AS dossiers,
        groupUniqArrayIf(dossier, dossier != '') AS named,
        count() + countIf(NOT stands) AS version
      FROM
      (
        SELECT *, NOT has({retracted:Array(String)}, toString(source)) AS stands
        FROM petition_events FINAL
        WHERE petition IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'petition')
      )
      GROUP BY petition
      HAVING countIf(type = 'petition.received') > 0
    ) AS fold
    LEFT JOIN (SELECT unit AS calendar_unit, calendar, zone FROM unit_calendars FINAL) AS calendars
      ON home = calendar_unit
  ),
  -- The working day from which each of the two instants counts: the next one, after closing time or on a day off.
  petitions_in_working_days AS
  (
    SELECT
      known.petition AS petition, known.home AS home, known.received_at AS received_at, known.refused_at AS refused_at,
      known.resolved_at AS resolved_at, known.own_attributes AS own_attributes, known.dossiers AS dossiers,
      known.named AS named, known.version AS version,
      known.calendar AS calendar, known.zone AS zone, day_in(known.refused_at, known.zone) AS refused_on,
      day_in(known.asked_at, known.zone) AS asked_on, day_in(known.resolved_at, known.zone) AS resolved_on,
      day_in(known.published_at, known.zone) AS published_on,
      if(
        received_day.calendar = '', NULL,
        received_day.day_number + (empty(received_day.closes) OR known.received_at >= received_day.closes[-1])
      ) AS received_n,
      if(
        resolved_day.calendar = '', NULL,
        resolved_day.day_number + (empty(resolved_day.closes) OR known.resolved_at >= resolved_day.closes[-1])
      ) AS resolved_n
    FROM petitions_with_calendars AS known
    LEFT JOIN days AS received_day
      ON known.calendar = received_day.calendar AND day_in(known.received_at, known.zone) = received_day.day
    LEFT JOIN days AS resolved_day
      ON known.calendar = resolved_day.calendar AND day_in(known.resolved_at, known.zone) = resolved_day.day
  ),
  -- The date of each working day, by its number.
  numbered_days AS (SELECT calendar, day_number, day FROM days WHERE worked_s > 0)
SELECT
  handled.petition, handled.home, handled.received_at,
  if(
    answer.calendar = '', NULL,
    arrayMin(
      at -> at,
      arrayMap(
        at -> coalesce(at, fromUnixTimestamp64Milli(answer_ends_ms, 'UTC')),
        [handled.refused_at, handled.resolved_at, NULL]
      )
    )
  ),
  handled.own_attributes
    + bitShiftLeft(in_time::UInt64, {petition_attribute:answered_in_time})
    + bitShiftLeft((answer.calendar = '')::UInt64, {petition_attribute:undated}),
  handled.dossiers,
  handled.version + (SELECT count() FROM reference_ids FINAL),
  handled.named
FROM petitions_in_working_days AS handled
LEFT JOIN numbered_days AS refusal
  ON handled.calendar = refusal.calendar AND handled.received_n + 2 = refusal.day_number
LEFT JOIN numbered_days AS papers
  ON handled.calendar = papers.calendar AND handled.received_n + 5 = papers.day_number
LEFT JOIN numbered_days AS answer
  ON handled.calendar = answer.calendar AND handled.received_n + 15 = answer.day_number
LEFT JOIN numbered_days AS publication
  ON handled.calendar = publication.calendar AND handled.resolved_n + 2 = publication.day_number
SETTINGS enable_materialized_cte = 1
