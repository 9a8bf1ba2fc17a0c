-- The instant at which the newest event of the figures was recorded. It moves for a late event of last month as well.
SELECT maxOrNull(recorded_at) AS newest FROM hours_of_events
