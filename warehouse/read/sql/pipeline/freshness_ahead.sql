-- The newest event recorded by a moment, in the hours that also have one recorded after it.
SELECT maxOrNull(recorded_at) AS newest
FROM events
WHERE recorded_at <= {until:DateTime64(3, 'UTC')}
  AND (unit, toStartOfHour(occurred_at)) IN
    (SELECT unit, hour FROM hours_of_events WHERE recorded_at > {until:DateTime64(3, 'UTC')})
