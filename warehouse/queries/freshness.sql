-- When the newest event was recorded, and when the newest one happened.
SELECT maxOrNull(recorded_at), maxOrNull(occurred_at) FROM events
WHERE occurred_at >= {since:DateTime64(3, 'UTC')}
