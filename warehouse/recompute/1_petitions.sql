-- Every touched petition, held against its working days (as Decision 766, indicator 5.2, counts them): refused within 2,
-- papers asked for within 5, answered within 15, the answer published within 2 more. Without a calendar nothing is due.
--
-- Steps taken back with their import tell nothing, and the version counts them twice. A petition whose receipt was taken
-- back is received in 2100, in no period, so that it replaces what it was before.
INSERT INTO petitions
WITH
  coalesce(n.refused_at < refusal.ends_at, n.resolved_at < answer.ends_at, false)
    AND coalesce(n.asked_at < papers.ends_at, true)
    AND coalesce(n.published_at < publication.ends_at OR publication.calendar = '', true) AS in_time,
  days AS MATERIALIZED (SELECT * FROM calendar_days FINAL),
  folded AS MATERIALIZED
  (
    SELECT
      petition, home, received_at, refused_at, asked_at, resolved_at, published_at, told, dossiers, named, seen,
      calendars.calendar AS calendar
    FROM
    (
      SELECT
        petition,
        argMinIf(unit, (type != 'petition.received', occurred_at, event_id), stands) AS home,
        countIf(stands AND type = 'petition.received') > 0 AS is_received,
        if(
          is_received, minIf(occurred_at, stands AND type = 'petition.received'),
          toDateTime64('2100-01-01 00:00:00', 3, 'UTC')
        ) AS received_at,
        minOrNullIf(occurred_at, stands AND type = 'petition.refused') AS refused_at,
        minOrNullIf(occurred_at, stands AND type = 'petition.supplement_asked') AS asked_at,
        minOrNullIf(occurred_at, stands AND type = 'petition.resolved') AS resolved_at,
        minOrNullIf(occurred_at, stands AND type = 'petition.published') AS published_at,
        argMaxIf(category, (occurred_at, event_id), stands AND category != '') AS last_category,
        argMaxIf(assumeNotNull(confirmed), (occurred_at, event_id), stands AND confirmed IS NOT NULL) AS is_confirmed,
        is_received::UInt64 * (
          bitShiftLeft((last_category = 'regulation')::UInt64, 0) -- regulation
          + bitShiftLeft((last_category = 'behaviour')::UInt64, 1) -- behaviour
          + bitShiftLeft(is_confirmed::UInt64, 2) -- confirmed
          + bitShiftLeft((countIf(stands AND likes = false) > countIf(stands AND likes = true))::UInt64, 4) -- disliked
          + bitShiftLeft((countIf(stands AND reopened) > 0)::UInt64, 5) -- reopened
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
    LEFT JOIN (SELECT unit AS calendar_unit, calendar FROM unit_calendars FINAL) AS calendars ON home = calendar_unit
  ),
  -- From which working day each of the two instants counts: the next one, behind closing or on a day off.
  numbered AS
  (
    SELECT
      f.petition AS petition, f.home AS home, f.received_at AS received_at, f.refused_at AS refused_at,
      f.asked_at AS asked_at, f.resolved_at AS resolved_at, f.published_at AS published_at, f.told AS told,
      f.dossiers AS dossiers, f.named AS named, f.seen AS seen, f.calendar AS calendar,
      if(r.calendar = '', NULL, r.day_number + (empty(r.closes) OR f.received_at >= r.closes[-1])) AS received_n,
      if(s.calendar = '', NULL, s.day_number + (empty(s.closes) OR f.resolved_at >= s.closes[-1])) AS resolved_n
    FROM folded AS f
    LEFT JOIN days AS r ON f.calendar = r.calendar AND toDate32(f.received_at, 'Asia/Ho_Chi_Minh') = r.day
    LEFT JOIN days AS s ON f.calendar = s.calendar AND toDate32(f.resolved_at, 'Asia/Ho_Chi_Minh') = s.day
  ),
  -- When the days end on which working day number so many lies.
  ends AS
  (
    SELECT calendar, day_number, toDateTime64(addDays(day, 1), 3, 'Asia/Ho_Chi_Minh') AS ends_at
    FROM days
    WHERE worked_s > 0
  )
SELECT
  n.petition, n.home, n.received_at,
  if(
    answer.calendar = '', NULL,
    least(coalesce(n.refused_at, answer.ends_at), coalesce(n.resolved_at, answer.ends_at), answer.ends_at)
  ),
  n.told + bitShiftLeft(in_time::UInt64, 3), -- answered_in_time
  n.dossiers,
  n.seen + (SELECT count() FROM reference_ids FINAL),
  n.named
FROM numbered AS n
LEFT JOIN ends AS refusal ON n.calendar = refusal.calendar AND n.received_n + 2 = refusal.day_number
LEFT JOIN ends AS papers ON n.calendar = papers.calendar AND n.received_n + 5 = papers.day_number
LEFT JOIN ends AS answer ON n.calendar = answer.calendar AND n.received_n + 15 = answer.day_number
LEFT JOIN ends AS publication ON n.calendar = publication.calendar AND n.resolved_n + 2 = publication.day_number
SETTINGS enable_materialized_cte = 1
