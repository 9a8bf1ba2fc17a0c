-- grain: one row per petition
-- key: petition
-- version: version
-- touched by: petition, calendar
-- after: touched_by_reference, petition_events, calendar_days, unit_calendars, reference_ids
--
-- Every touched petition, held against its working days (as Decision 766, indicator 5.2, counts them): refused within 2,
-- papers asked for within 5, answered within 15, the answer published within 2 more. Without a calendar nothing is due.
--
-- Steps taken back with their import tell nothing, and the version counts them twice. A petition whose receipt was taken
-- back is received in 2100, in no period, so that it replaces what it was before.
INSERT INTO petitions
WITH
{include:clock},
  -- A day that the calendar does not tell is 1970-01-01, which nobody keeps.
  coalesce(n.refused_on <= refusal.day, n.resolved_on <= answer.day, false)
    AND coalesce(n.asked_on <= papers.day, true)
    AND coalesce(n.published_on <= publication.day OR publication.calendar = '', true) AS in_time,
  instant_ms((toInt64(toInt32(answer.day)) + 1) * {day_ms}, n.zone) AS answer_ends_ms,
  days AS MATERIALIZED (SELECT * FROM calendar_days FINAL),
  folded AS MATERIALIZED
  (
    SELECT
      petition, home, received_at, refused_at, asked_at, resolved_at, published_at, told, dossiers, named, seen,
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
          + bitShiftLeft((countIf(stands AND likes = false) > countIf(stands AND likes = true))::UInt64, {petition_attribute:disliked})
          + bitShiftLeft((countIf(stands AND reopened) > 0)::UInt64, {petition_attribute:reopened})
        ) AS told,
        groupUniqArrayIf(dossier, stands AND dossier != '') AS dossiers,
        groupUniqArrayIf(dossier, dossier != '') AS named,
        count() + countIf(NOT stands) AS seen
      FROM
      (
        SELECT *, NOT has({retracted:Array(String)}, toString(source)) AS stands
        FROM petition_events FINAL
        WHERE petition IN (SELECT subject FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'petition')
      )
      GROUP BY petition
      HAVING countIf(type = 'petition.received') > 0
    ) AS folds
    LEFT JOIN (SELECT unit AS calendar_unit, calendar, zone FROM unit_calendars FINAL) AS calendars
      ON home = calendar_unit
  ),
  -- From which working day each of the two instants counts: the next one, behind closing or on a day off.
  numbered AS
  (
    SELECT
      f.petition AS petition, f.home AS home, f.received_at AS received_at, f.refused_at AS refused_at,
      f.resolved_at AS resolved_at, f.told AS told, f.dossiers AS dossiers, f.named AS named, f.seen AS seen,
      f.calendar AS calendar, f.zone AS zone, day_in(f.refused_at, f.zone) AS refused_on,
      day_in(f.asked_at, f.zone) AS asked_on, day_in(f.resolved_at, f.zone) AS resolved_on,
      day_in(f.published_at, f.zone) AS published_on,
      if(r.calendar = '', NULL, r.day_number + (empty(r.closes) OR f.received_at >= r.closes[-1])) AS received_n,
      if(s.calendar = '', NULL, s.day_number + (empty(s.closes) OR f.resolved_at >= s.closes[-1])) AS resolved_n
    FROM folded AS f
    LEFT JOIN days AS r ON f.calendar = r.calendar AND day_in(f.received_at, f.zone) = r.day
    LEFT JOIN days AS s ON f.calendar = s.calendar AND day_in(f.resolved_at, f.zone) = s.day
  ),
  -- The day on which working day number so many lies.
  ends AS (SELECT calendar, day_number, day FROM days WHERE worked_s > 0)
SELECT
  n.petition, n.home, n.received_at,
  if(
    answer.calendar = '', NULL,
    arrayMin(
      at -> at,
      arrayMap(at -> coalesce(at, fromUnixTimestamp64Milli(answer_ends_ms, 'UTC')), [n.refused_at, n.resolved_at, NULL])
    )
  ),
  n.told
    + bitShiftLeft(in_time::UInt64, {petition_attribute:answered_in_time})
    + bitShiftLeft((answer.calendar = '')::UInt64, {petition_attribute:undated}),
  n.dossiers,
  n.seen + (SELECT count() FROM reference_ids FINAL),
  n.named
FROM numbered AS n
LEFT JOIN ends AS refusal ON n.calendar = refusal.calendar AND n.received_n + 2 = refusal.day_number
LEFT JOIN ends AS papers ON n.calendar = papers.calendar AND n.received_n + 5 = papers.day_number
LEFT JOIN ends AS answer ON n.calendar = answer.calendar AND n.received_n + 15 = answer.day_number
LEFT JOIN ends AS publication ON n.calendar = publication.calendar AND n.resolved_n + 2 = publication.day_number
SETTINGS enable_materialized_cte = 1
