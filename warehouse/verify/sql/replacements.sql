-- Ratings in place of others that may have been given in the period, at all units or at some: a day later at most, by
-- the contract.
SELECT body
FROM events FINAL
WHERE type = 'rating.submitted' AND position(body, '"replaces":') > 0
  AND (empty({units:Array(String)}) OR unit IN {units:Array(String)})
  AND occurred_at >= {start:DateTime64(3, 'UTC')} AND occurred_at < {end:DateTime64(3, 'UTC')} + INTERVAL 1 DAY
