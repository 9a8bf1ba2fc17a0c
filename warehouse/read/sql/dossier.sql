-- One dossier as it is known by now.
SELECT
  dossier, unit, procedure, channel, staff, counter, source, received_at, accepted_at, due_at, completed_at, returned_at,
  ended_at, ending, supplements, paused_since
FROM dossiers FINAL
WHERE dossier = {dossier:String}
