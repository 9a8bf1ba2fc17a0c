-- When the newest event was recorded that the figures hold: of those that were recorded by a moment, and of all. An
-- hour that has one from a clock that is ahead is looked at event by event (`freshness_ahead`).
SELECT maxOrNullIf(recorded_at, recorded_at <= {until:DateTime64(3, 'UTC')}) AS newest, maxOrNull(recorded_at) AS last
FROM hours_of_events
