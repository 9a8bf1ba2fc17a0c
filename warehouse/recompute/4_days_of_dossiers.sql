-- What the dossiers add up to on every day of a unit on which one of them was made anew.
INSERT INTO days_of_dossiers
SELECT *
FROM dossier_days_counted(until = toDateTime64('2100-01-01 00:00:00', 3, 'UTC'))
WHERE (day, unit) IN
(
  SELECT toDate(hour, 'Asia/Ho_Chi_Minh'), unit FROM touched
  WHERE batch IN {batches:Array(UInt64)} AND kind = 'dossier_day'
)
