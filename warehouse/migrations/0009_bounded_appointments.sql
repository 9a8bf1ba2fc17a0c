-- An appointment outside the years 1990 to 2099 is none. Such ones were admitted before; their dossiers are made anew.
INSERT INTO touched (batch, kind, subject)
SELECT DISTINCT {batch:UInt64}, 'dossier', dossier
FROM dossier_events
WHERE toYear(due_at) NOT BETWEEN 1990 AND 2099;
