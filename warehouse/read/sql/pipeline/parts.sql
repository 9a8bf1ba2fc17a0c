-- The tables of this database on disk.
SELECT table, count() AS parts, sum(p.rows) AS stored_rows, sum(bytes_on_disk) AS bytes
FROM system.parts AS p
WHERE active AND database = currentDatabase()
GROUP BY table
ORDER BY parts DESC, table
