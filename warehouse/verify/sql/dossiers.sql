-- All events of one slice of the dossiers, each dossier's together; ratings and petitions that name it as well.
SELECT dossier, body
FROM
(
  SELECT
    if(
      type IN ('rating.submitted', 'petition.received'), JSONExtractString(body, 'data', 'dossier'), subject
    ) AS dossier,
    body
  FROM events FINAL
  WHERE startsWith(type, 'dossier.') OR startsWith(type, 'component.')
    OR type IN ('payment.paid', 'rating.submitted', 'petition.received')
)
WHERE dossier != '' AND cityHash64(dossier) % {slices:UInt32} = {slice:UInt32}
ORDER BY dossier
