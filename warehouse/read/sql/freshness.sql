-- When the newest event was recorded that the figures hold. It moves for a late event of last month as well.
SELECT maxOrNull(recorded_at) AS newest FROM hours_of_events
