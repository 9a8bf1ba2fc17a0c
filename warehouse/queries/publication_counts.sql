-- Procedures whose publication a period asked for, as Decision 766 counts them: decided so many working days or more before
-- they hold (1.1: a ministry 20, others 5), told within so many of being decided (1.2: a ministry 10, others 5). One that is
-- late makes its procedure late. Without a calendar nothing is due.
WITH days AS (SELECT * FROM calendar_days FINAL)
SELECT
  transform(unit, {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sumMap(mapFromArrays(keys, arrayWithConstant(length(keys), 1::UInt32))) AS cases_to_end
FROM
(
  SELECT
    argMax(publisher, holds_from) AS unit,
    argMax(given, holds_from) AS attributes,
    arrayFilter(
      key -> key > 0,
      [
        if(max(announces), attributes + bitShiftLeft(9::UInt64, 56) -- announced
          + bitShiftLeft((NOT max(announces AND announced_by > effective_on))::UInt64, 44), 0), -- announced_in_time
        if(max(decides), attributes + bitShiftLeft(10::UInt64, 56) -- decided
          + bitShiftLeft((NOT max(decides AND told_by < told_on))::UInt64, 45), 0) -- updated_in_time
      ]
    ) AS keys
  FROM
  (
    SELECT
      p.procedure AS procedure, p.holds_from AS holds_from, p.unit AS publisher, p.attributes AS given,
      p.effective_on AS effective_on, p.told_on AS told_on, announcing.day AS announced_by, telling.day AS told_by,
      toDateTime64(p.effective_on, 3, 'Asia/Ho_Chi_Minh') AS holds,
      toDateTime64(p.decided_on, 3, 'Asia/Ho_Chi_Minh') AS decided,
      announcing.calendar != ''
        AND coalesce(holds >= {start:DateTime64(3, 'UTC')} AND holds < {end:DateTime64(3, 'UTC')}, false) AS announces,
      telling.calendar != '' AND decided >= {start:DateTime64(3, 'UTC')} AND decided < {end:DateTime64(3, 'UTC')} AS decides
    FROM (SELECT * FROM procedures FINAL WHERE decided_on IS NOT NULL AND NOT abolished) AS p
    LEFT JOIN
    (
      SELECT unit, argMax(level, (valid_from, as_of)) = 'ministry' AS is_ministry
      FROM units
      GROUP BY unit
    ) AS publishing ON p.unit = publishing.unit
    INNER JOIN (SELECT * FROM unit_calendars FINAL) AS calendars ON p.unit = calendars.unit
    INNER JOIN days AS since ON calendars.calendar = since.calendar AND p.decided_on = since.day
    LEFT JOIN (SELECT * FROM days WHERE worked_s > 0) AS announcing
      ON calendars.calendar = announcing.calendar
      AND since.day_number + (since.worked_s = 0) + if(publishing.is_ministry, 20, 5) = announcing.day_number
    LEFT JOIN (SELECT * FROM days WHERE worked_s > 0) AS telling
      ON calendars.calendar = telling.calendar
      AND since.day_number + (since.worked_s = 0) + if(publishing.is_ministry, 10, 5) = telling.day_number
  )
  GROUP BY procedure
)
WHERE unit IN {units:Array(String)}
GROUP BY target
