-- A page of the list of ratings: those that come after one of them in its order. The caller puts `ratings` in place.
SELECT *
FROM
(
/* ratings */
)
WHERE occurred_at < {after_at:DateTime64(3, 'UTC')}
  OR (occurred_at = {after_at:DateTime64(3, 'UTC')} AND event_id > {after_id:UUID})
ORDER BY occurred_at DESC, event_id
LIMIT {rows:UInt32}
