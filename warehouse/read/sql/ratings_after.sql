-- The ratings that come behind one of them in the order of the list: a page of it. `ratings` stands where it is read.
SELECT *
FROM
(
/* ratings */
)
WHERE occurred_at < {after_at:DateTime64(3, 'UTC')} OR (occurred_at = {after_at:DateTime64(3, 'UTC')} AND event_id > {after_id:UUID})
ORDER BY occurred_at DESC, event_id
LIMIT {rows:UInt32}
