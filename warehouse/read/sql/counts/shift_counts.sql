-- Time on duty within a period, and how many working years of its unit's calendar it comes to: eight hours for each
-- working day of the year in which a shift begins. Without a calendar there are no years.
WITH
  years AS
  (
    SELECT calendar, toYear(day) AS year, countIf(worked_s > 0) AS working_days
    FROM calendar_days FINAL
    GROUP BY calendar, year
  )
SELECT
  transform(toString(on_duty.unit), {units:Array(String)}, {targets:Array(String)}, '') AS target,
  sum(if(years.working_days > 0, seconds / ({working_day_s} * years.working_days), 0)) AS staff_years
FROM
(
  SELECT
    unit, toYear(starts_at, {zone}) AS year,
    sum(
      greatest(
        0,
        dateDiff(
          'second', greatest(starts_at, {start:DateTime64(3, 'UTC')}), least(ends_at, {end:DateTime64(3, 'UTC')})
        )
      )
    ) AS seconds
  FROM shifts FINAL
  WHERE starts_at < {end:DateTime64(3, 'UTC')} AND ends_at > {start:DateTime64(3, 'UTC')}
    AND unit IN {units:Array(String)}
    AND source NOT IN (SELECT source FROM retracted_sources)
  GROUP BY unit, year
) AS on_duty
LEFT JOIN (SELECT unit, calendar FROM unit_calendars FINAL) AS calendars ON on_duty.unit = calendars.unit
LEFT JOIN years ON calendars.calendar = years.calendar AND on_duty.year = years.year
GROUP BY target
