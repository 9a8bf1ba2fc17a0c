-- Where the tablets of some units stand, when each was tapped last, and how many people were served there since.
--
-- A tablet without a counter stands for all counters of its unit. Served is who left a counter or fetched a result.
WITH
  standing AS
  (
    SELECT device AS tablet, place.1 AS at_unit, place.2 AS at_counter, place.3 AS label
    FROM
    (
      -- Of two words of one instant the revocation holds, as at ingest's door.
      SELECT device, argMax((unit, counter, name), (said_at, revoked)) AS place, argMax(revoked, (said_at, revoked)) AS gone
      FROM tablets
      WHERE said_at < {end:DateTime64(3, 'UTC')}
      GROUP BY device
    )
    WHERE NOT gone AND at_unit IN {units:Array(String)}
  ),
  taps AS
  (
    SELECT device, max(occurred_at) AS tapped_at
    FROM ratings
    WHERE unit IN {units:Array(String)} AND device != ''
      AND occurred_at >= {taps_from:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
    GROUP BY device
  ),
  served AS
  (
    SELECT unit, JSONExtractString(body, 'data', 'counter') AS counter, groupArray(occurred_at) AS instants
    FROM events FINAL
    WHERE unit IN {units:Array(String)} AND type IN ('queue.served', 'dossier.returned')
      AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
    GROUP BY unit, counter
  )
SELECT
  tablet AS device,
  at_unit AS unit,
  at_counter AS counter,
  any(label) AS name,
  any(if(tapped_at = toDateTime64(0, 3, 'UTC'), NULL, tapped_at)) AS last_tap_at,
  sumIf(
    arrayCount(instant -> instant > tapped_at, served.instants), at_counter = '' OR at_counter = served.counter
  ) AS served_since
FROM standing
LEFT JOIN taps ON taps.device = standing.tablet
LEFT JOIN served ON served.unit = standing.at_unit
GROUP BY tablet, at_unit, at_counter
ORDER BY served_since DESC, tablet
