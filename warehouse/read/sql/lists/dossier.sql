-- The present state of one dossier.
SELECT
  dossier, unit, procedure, channel, staff, counter, source, received_at, accepted_at, due_at, completed_at,
  returned_at, ended_at, ending, supplements, paused_since
FROM dossiers FINAL
WHERE dossier = {dossier:String}
