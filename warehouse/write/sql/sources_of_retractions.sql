-- The sources that touched retractions take back.
SELECT DISTINCT subject
FROM touched
WHERE batch IN {batches:Array(UInt64)} AND kind = 'retraction' AND subject IN (SELECT source FROM retracted_sources)
ORDER BY subject
