-- Everything that takes an import back.
SELECT body FROM events FINAL WHERE type = 'import.retracted'
