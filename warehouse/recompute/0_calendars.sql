-- Every province lives in UTC+7, without summer time.
INSERT INTO calendar_days
SELECT
  *,
  ifNull(minOrNullIf(day, worked_s > 0) OVER later, toDate32(0)),
  ifNull(minOrNullIf(worked_before_s + worked_s, worked_s > 0) OVER from_it, -1)
FROM
(
  SELECT
    calendar, day,
    arrayMap(session -> parseDateTimeBestEffort(concat(toString(day), 'T', session[1], '+07:00'), 'UTC'), sessions),
    arrayMap(session -> parseDateTimeBestEffort(concat(toString(day), 'T', session[2], '+07:00'), 'UTC'), sessions),
    arraySum(
      session -> dateDiff(
        'second', parseDateTimeBestEffort(concat('1970-01-02T', session[1])),
        parseDateTimeBestEffort(concat('1970-01-02T', session[2]))
      ),
      sessions
    ) AS worked_s,
    sum(worked_s) OVER earlier - worked_s AS worked_before_s,
    sum(worked_s > 0) OVER earlier
  FROM (SELECT calendar, day, arraySort(sessions) AS sessions FROM working_days FINAL)
  WINDOW earlier AS (PARTITION BY calendar ORDER BY day)
)
WINDOW
  later AS (PARTITION BY calendar ORDER BY day ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
  from_it AS (PARTITION BY calendar ORDER BY day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
