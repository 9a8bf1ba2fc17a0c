-- Every province lives in UTC+7, without summer time.
INSERT INTO calendar_days
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
  sum(worked_s) OVER earlier - worked_s,
  sum(worked_s > 0) OVER earlier
FROM (SELECT calendar, day, arraySort(sessions) AS sessions FROM working_days FINAL)
WINDOW earlier AS (PARTITION BY calendar ORDER BY day)
