-- All events, wherever they happened, of the dossiers that ever had one at some units, each dossier's together; where
-- it is asked for, ratings and petitions that name one of them as well.
SELECT dossier, body
FROM
(
  SELECT if(complains, JSONExtractString(body, 'data', 'dossier'), subject) AS dossier, body
  FROM
  (
    SELECT type IN ('rating.submitted', 'petition.received') AS complains, subject, body
    FROM events FINAL
    WHERE startsWith(type, 'dossier.') OR startsWith(type, 'component.') OR type = 'payment.paid'
      OR ({complaints:Bool} AND type IN ('rating.submitted', 'petition.received'))
  )
)
WHERE dossier IN
(
  SELECT subject FROM events
  WHERE unit IN {units:Array(String)}
    AND (startsWith(type, 'dossier.') OR startsWith(type, 'component.') OR type = 'payment.paid')
)
ORDER BY dossier
