-- The sources of files, and how many rows each has, some of them perhaps twice.
SELECT toString(source) AS import_source, count() AS stored_rows
FROM events
WHERE startsWith(source, 'import/')
GROUP BY import_source
ORDER BY import_source
