-- All events of petitions, each one's together.
SELECT subject, body
FROM events FINAL
WHERE startsWith(type, 'petition.')
ORDER BY subject
