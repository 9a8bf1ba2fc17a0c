-- What the sheet of an official (form 01) is made of: each dossier of theirs that ended with a result in a period,
-- with the answers of citizens to item 4 of the form. Meant for a unit and a month or a quarter.
WITH settled AS MATERIALIZED
  (
    SELECT dossier, unit, procedure, ended_at, attributes, steps_due, steps_early, steps_in_time
    FROM dossiers FINAL
    WHERE staff = {staff:String}
      AND dossier IN
      (
        SELECT dossier
        FROM dossier_days FINAL
        WHERE day >= toDate({start:DateTime64(3, 'UTC')}, {zone})
          AND day <= toDate({end:DateTime64(3, 'UTC')}, {zone})
          AND completed AND closed_on = day
          AND closed_at >= {start:DateTime64(3, 'UTC')} AND closed_at < {end:DateTime64(3, 'UTC')}
          AND unit IN {units:Array(String)}
      )
  )
SELECT
  settled.dossier AS dossier, settled.unit AS unit, settled.procedure AS procedure, settled.ended_at AS ended_at,
  settled.attributes AS attributes, settled.steps_due AS steps_due, settled.steps_early AS steps_early,
  settled.steps_in_time AS steps_in_time, rated.answers AS offices_answers, rated.points AS offices_points,
  settled.procedure IN (SELECT procedure FROM procedures) AS procedure_known
FROM settled
LEFT JOIN
(
  SELECT dossier AS rated_dossier, count() AS answers, sum(answers['nd61_4']) AS points
  FROM ratings FINAL
  WHERE unit IN {units:Array(String)} AND mapContains(answers, 'nd61_4') AND dossier IN (SELECT dossier FROM settled)
    AND source NOT IN (SELECT source FROM retracted_sources)
    AND (unit, toStartOfHour(occurred_at), event_id, dossier) NOT IN
      (SELECT unit, hour, event_id, dossier FROM replaced_ratings WHERE unit IN {units:Array(String)})
  GROUP BY dossier
) AS rated ON settled.dossier = rated.rated_dossier
ORDER BY ended_at, dossier
SETTINGS enable_materialized_cte = 1, prefer_column_name_to_alias = 1
