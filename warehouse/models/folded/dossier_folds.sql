-- grain: one row per dossier, from its events alone
-- key: dossier
-- version: version
-- touched by: dossier, procedure, calendar, petition, replacement
-- after: touched_by_reference, touched_by_petitions, touched_by_replacements, replacements
--
-- Every touched dossier folded from all its events. Only least, greatest, last-by-time and counts are taken, so the
-- order in which events arrived does not matter. Events of a retracted import set no column, but their days and units
-- are kept, so that its former contribution there is replaced, and the version counts them twice.
INSERT INTO dossier_folds
SELECT
  dossier, source, unit, procedure, channel, staff, counter, received_at, accepted_at, completed_at, returned_at,
  -- End: settled, else returned, else stopped, else refused, else withdrawn once accepted.
  coalesce(completed_at, returned_at, stopped_at, refused_at, withdrawn_at) AS ended_at,
  multiIf(
    completed_at IS NOT NULL, 'completed', returned_at IS NOT NULL, 'returned', stopped_at IS NOT NULL, 'stopped',
    refused_at IS NOT NULL, 'refused', withdrawn_at IS NOT NULL, 'withdrawn', ''
  ) AS ending,
  supplements,
  if(clock.1 = 0, NULL, clock.2) AS paused_since,
  clock.3 AS pauses,
  given_due_at, given_at, apologised_at, steps_due, steps_early, steps_in_time,
  -- A rating complains of a dossier at the dossier's own unit only: no other unit moves its figures.
  bitOr(event_attributes, if(has(complaining_units, unit), complaint, 0))
    + bitShiftLeft((channel = 'online')::UInt64, {attribute:online})
    + bitShiftLeft((channel = 'post')::UInt64, {attribute:by_post})
    + bitShiftLeft((supplements > 0)::UInt64, {attribute:supplemented})
    + bitShiftLeft((supplements > 1)::UInt64, {attribute:supplemented_again})
    + bitShiftLeft((faults > 0)::UInt64, {attribute:faulted})
    + bitShiftLeft((faults > 1)::UInt64, {attribute:faulted_again})
    + bitShiftLeft((reschedules > 0)::UInt64, {attribute:rescheduled})
    + bitShiftLeft((reschedules > 1)::UInt64, {attribute:rescheduled_again}) AS attributes,
  units, days, version
FROM
(
  SELECT
    dossier,
    -- Ratings and petitions choose neither the dossier's unit nor its source.
    argMinIf(source, (NOT is_step, occurred_at, event_id), stands) AS source,
    argMinIf(
      unit, (NOT is_step, type != 'dossier.accepted', type != 'dossier.submitted', occurred_at, event_id), stands
    ) AS unit,
    argMinIf(procedure, (type != 'dossier.accepted', occurred_at, event_id), procedure != '') AS procedure,
    argMinIf(
      channel, (type != 'dossier.submitted', occurred_at, event_id), channel != '' AND type != 'dossier.returned'
    ) AS channel,
    argMinIf(staff, (type != 'dossier.accepted', occurred_at, event_id), staff != '') AS staff,
    argMinIf(counter, (type != 'dossier.accepted', occurred_at, event_id), counter != '') AS counter,
    minOrNullIf(occurred_at, type IN ('dossier.submitted', 'dossier.accepted')) AS received_at,
    minOrNullIf(occurred_at, type = 'dossier.accepted') AS accepted_at,
    maxOrNullIf(occurred_at, type = 'dossier.completed') AS completed_at,
    maxOrNullIf(occurred_at, type = 'dossier.returned') AS returned_at,
    maxOrNullIf(occurred_at, type = 'dossier.stopped') AS stopped_at,
    maxOrNullIf(occurred_at, type = 'dossier.refused') AS refused_at,
    if(accepted_at IS NULL, NULL, maxOrNullIf(occurred_at, type = 'dossier.withdrawn')) AS withdrawn_at,
    countIf(type = 'dossier.supplement_requested') AS supplements,
    countIf(type = 'dossier.supplement_requested' AND NOT by_applicant) AS faults,
    countIf(type = 'dossier.rescheduled') AS reschedules,
    minOrNullIf(occurred_at, type = 'dossier.apology_sent') AS apologised_at,
    countIf(step != '') AS steps_due,
    countIf(step = 'early') AS steps_early,
    countIf(step = 'in_time') AS steps_in_time,
    groupBitOrIf(attributes, type != 'rating.submitted') AS event_attributes,
    groupBitOrIf(attributes, type = 'rating.submitted') AS complaint,
    groupUniqArrayIf(unit, type = 'rating.submitted' AND attributes != 0) AS complaining_units,
    argMaxOrNullIf(assumeNotNull(due_at), (occurred_at, event_id), due_at IS NOT NULL) AS given_due_at,
    maxOrNullIf(occurred_at, due_at IS NOT NULL) AS given_at,
    -- The clock stands while papers (1), a fee (2) or the end of a suspension (4) are waited for; pauses may overlap.
    -- Of two steps at one instant the one that stops the clock comes first.
    arrayFold(
      (acc, e) -> (
        if(e.2, bitAnd(acc.1, bitNot(e.3)), bitOr(acc.1, e.3)),
        if(acc.1 = 0, e.1, acc.2),
        if(acc.1 != 0 AND e.2 AND bitAnd(acc.1, bitNot(e.3)) = 0, arrayPushBack(acc.3, (acc.2, e.1)), acc.3)
      ),
      arraySort(
        groupArrayIf(
          (
            occurred_at,
            type IN ('dossier.supplement_completed', 'payment.paid', 'dossier.resumed'),
            transform(
              toString(type),
              ['dossier.supplement_requested', 'dossier.supplement_completed', 'dossier.finance_requested',
                'payment.paid', 'dossier.suspended', 'dossier.resumed'],
              [1, 1, 2, 2, 4, 4], 0
            )::UInt8 AS cause
          ),
          cause > 0
        )
      ),
      (
        0::UInt8,
        toDateTime64(0, 3, 'UTC'),
        CAST([], 'Array(Tuple(DateTime64(3, \'UTC\'), DateTime64(3, \'UTC\')))')
      )
    ) AS clock,
    arraySort(groupUniqArrayIf(unit, is_step)) AS units,
    arraySort(groupUniqArrayIf(toDate(occurred_at, {zone}), is_step)) AS days,
    count() + countIf(NOT stands) + sum(replacements_seen) AS version
  FROM
  (
    SELECT
      -- Of a rating that was sent with two contents only the one that stays can complain, and a replaced rating
      -- cannot. The row is counted all the same, for versions only grow.
      * REPLACE
      (
        if(stands, type, '') AS type,
        if(stands, procedure, '') AS procedure,
        if(stands, channel, '') AS channel,
        if(stands, staff, '') AS staff,
        if(stands, counter, '') AS counter,
        -- Events admitted under older rules have the year 9999 for no appointment.
        if(stands AND toYear(due_at) BETWEEN 1990 AND 2099, due_at, NULL) AS due_at,
        if(stands, step, '') AS step,
        if(
          stands AND
          (
            type != 'rating.submitted' OR NOT is_replaced AND (unit, hour, event_id, precedence) IN
            (
              SELECT unit, toStartOfHour(occurred_at), event_id, precedence
              FROM ratings FINAL
              WHERE (unit, toStartOfHour(occurred_at), event_id) IN
              (
                SELECT unit, toStartOfHour(occurred_at), event_id
                FROM dossier_events
                WHERE type = 'rating.submitted'
                  AND dossier IN {include:touched_dossiers}
              )
            )
          ),
          attributes, 0
        ) AS attributes
      ),
      -- Without any retraction a constant, which costs nothing.
      empty({retracted:Array(String)}) OR NOT has({retracted:Array(String)}, toString(source)) AS stands,
      type NOT IN ('rating.submitted', 'petition.received') AS is_step
    FROM
    (
      SELECT
        events.*, toStartOfHour(events.occurred_at)::DateTime('UTC') AS hour,
        if(events.type = 'rating.submitted', replaced.seen, 0) AS replacements_seen,
        events.type = 'rating.submitted' AND replaced.standing > 0 AS is_replaced
      FROM
      (
        SELECT * FROM dossier_events FINAL
        WHERE dossier IN {include:touched_dossiers}
      ) AS events
      LEFT JOIN
      (
        {include:ratings_with_replacements}
        WHERE dossier IN {include:touched_dossiers}
        GROUP BY unit, hour, event_id, dossier
      ) AS replaced
        ON events.dossier = replaced.dossier AND events.event_id = replaced.event_id AND events.unit = replaced.unit
        AND toStartOfHour(events.occurred_at) = replaced.hour
    )
  )
  GROUP BY dossier
)
SETTINGS prefer_column_name_to_alias = 1
