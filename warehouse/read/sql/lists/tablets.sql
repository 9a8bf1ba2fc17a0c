-- The tablets of some units: their places, when each was tapped last, how many people were served there since, and
-- the columns of its newest heartbeat.
--
-- A tablet without a counter belongs to all counters of its unit. "Served" counts tickets served and results handed
-- over.
WITH
  standing AS
  (
    SELECT device AS tablet, place.1 AS at_unit, place.2 AS at_counter, place.3 AS label, since
    FROM
    (
      -- Of two events of one instant the revocation holds, as in ingest.
      SELECT
        device, argMax((unit, counter, name), (said_at, revoked)) AS place, argMax(revoked, (said_at, revoked)) AS gone,
        max(said_at) AS since
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
    WHERE unit IN {units:Array(String)} AND device != '' AND source NOT IN (SELECT source FROM retracted_sources)
      AND occurred_at >= {taps_from:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
    GROUP BY device
  ),
  served AS
  (
    SELECT unit, JSONExtractString(body, 'data', 'counter') AS counter, groupArray(occurred_at) AS instants
    FROM events FINAL
    WHERE unit IN {units:Array(String)} AND type IN ('queue.served', 'dossier.returned')
      AND source NOT IN (SELECT source FROM retracted_sources)
      AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}
    GROUP BY unit, counter
  ),
  seen AS
  (
    SELECT
      device, seen_at,
      JSONExtract(
        body, 'data',
        'Tuple(
          battery_percent Nullable(UInt8), charging Nullable(Bool), waiting Nullable(UInt32),
          oldest_unsent_s Nullable(UInt32), quarantined Nullable(UInt32), page_version String,
          configuration String, storage_fault String
        )'
      ) AS heartbeat
    FROM heartbeats FINAL
    WHERE seen_at < {end:DateTime64(3, 'UTC')}
  ),
  -- The beginning of the session of the unit's calendar in which the period ends; long ago when it ends in none.
  opened AS
  (
    SELECT
      unit_calendars.unit AS unit,
      arrayFirst(
        (opens_at, closes_at) -> opens_at <= {end:DateTime64(3, 'UTC')} AND closes_at > {end:DateTime64(3, 'UTC')},
        calendar_days.opens, calendar_days.closes
      ) AS opened_at
    FROM unit_calendars FINAL
    INNER JOIN calendar_days FINAL ON calendar_days.calendar = unit_calendars.calendar
    WHERE unit IN {units:Array(String)} AND calendar_days.day = toDate32({end:DateTime64(3, 'UTC')}, {zone})
  )
SELECT
  tablet AS device,
  at_unit AS unit,
  at_counter AS counter,
  any(label) AS name,
  any(if(tapped_at = toDateTime64(0, 3, 'UTC'), NULL, tapped_at)) AS last_tap_at,
  sumIf(
    arrayCount(instant -> instant > greatest(tapped_at, since), served.instants),
    at_counter = '' OR at_counter = served.counter
  ) AS served_since,
  any(if(seen.device = '', NULL, seen.seen_at)) AS last_seen_at,
  -- Seconds of opening hours without a heartbeat; NULL outside them.
  any(
    multiIf(
      seen.device = '', NULL,
      opened.unit = '', dateDiff('second', seen.seen_at, {end:DateTime64(3, 'UTC')}),
      opened.opened_at = toDateTime(0, 'UTC'), NULL,
      dateDiff('second', greatest(seen.seen_at, opened.opened_at), {end:DateTime64(3, 'UTC')})
    )
  ) AS unseen_s,
  any(heartbeat.battery_percent) AS battery_percent,
  any(heartbeat.charging) AS charging,
  any(heartbeat.waiting) AS waiting,
  any(heartbeat.oldest_unsent_s) AS oldest_unsent_s,
  any(heartbeat.quarantined) AS quarantined,
  any(heartbeat.page_version) AS page_version,
  any(heartbeat.configuration) AS configuration,
  any(heartbeat.storage_fault) AS storage_fault
FROM standing
LEFT JOIN taps ON taps.device = standing.tablet
LEFT JOIN served ON served.unit = standing.at_unit
LEFT JOIN seen ON seen.device = standing.tablet
LEFT JOIN opened ON opened.unit = standing.at_unit
GROUP BY tablet, at_unit, at_counter
ORDER BY served_since DESC, tablet
