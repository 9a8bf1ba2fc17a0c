-- grain: one row per calendar and day, off or not
-- key: calendar, day
-- touched by: calendar
-- after: working_days, calendar_zones
--
-- Sessions are given by the clock of the calendar's zone, and kept as instants.
INSERT INTO calendar_days
WITH
{include:clock}
SELECT
  *,
  ifNull(minOrNullIf(day, worked_s > 0) OVER later, toDate32(0)),
  ifNull(minOrNullIf(worked_before_s + worked_s, worked_s > 0) OVER from_it, -1)
FROM
(
  SELECT
    calendar, day, opens, closes,
    arraySum((opens_at, closes_at) -> dateDiff('second', opens_at, closes_at), opens, closes) AS worked_s,
    sum(worked_s) OVER earlier - worked_s AS worked_before_s,
    sum(worked_s > 0) OVER earlier
  FROM
  (
    SELECT
      calendar, day,
      arrayMap(hour -> toDateTime(intDiv(instant_ms(day_ms + hour.1, zone), 1000), 'UTC'), hours) AS opens,
      arrayMap(hour -> toDateTime(intDiv(instant_ms(day_ms + hour.2, zone), 1000), 'UTC'), hours) AS closes
    FROM
    (
      SELECT
        days.calendar AS calendar, days.day AS day, toInt64(toInt32(days.day)) * {day_ms} AS day_ms,
        if(zones.zone = '', {zone}, toString(zones.zone)) AS zone,
        arrayMap(
          session -> (
            dateDiff(
              'millisecond', toDateTime64('1970-01-02 00:00:00', 3, 'UTC'),
              parseDateTime64BestEffortOrZero(concat('1970-01-02T', session[1]), 3, 'UTC')
            ),
            dateDiff(
              'millisecond', toDateTime64('1970-01-02 00:00:00', 3, 'UTC'),
              parseDateTime64BestEffortOrZero(concat('1970-01-02T', session[2]), 3, 'UTC')
            )
          ),
          -- The log may hold what ingest did not admit: hours that are none.
          arrayFilter(
            session -> length(session) = 2 AND match(session[1], '^[0-2][0-9]:[0-5][0-9]')
              AND match(session[2], '^[0-2][0-9]:[0-5][0-9]'),
            arraySort(days.sessions)
          )
        ) AS hours
      FROM (SELECT * FROM working_days FINAL) AS days
      LEFT JOIN (SELECT calendar, zone FROM calendar_zones FINAL) AS zones ON days.calendar = zones.calendar
    )
  )
  WINDOW earlier AS (PARTITION BY calendar ORDER BY day)
)
WINDOW
  later AS (PARTITION BY calendar ORDER BY day ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
  from_it AS (PARTITION BY calendar ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
