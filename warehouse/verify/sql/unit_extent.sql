-- How many events a recount for some units would read: those of the period by type, and all events of dossiers.
SELECT
  countIf(in_period AND (type = 'rating.submitted' OR {every_event:Bool})) * {events:Bool}
    + countIf(in_period AND startsWith(type, 'queue.')) * {tickets:Bool}
    + countIf(startsWith(type, 'dossier.') OR startsWith(type, 'component.') OR type = 'payment.paid') * {dossiers:Bool}
FROM
(
  SELECT
    type,
    occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')} AS in_period
  FROM events
  WHERE unit IN {units:Array(String)}
    AND ({dossiers:Bool} OR
      (occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')}))
)
