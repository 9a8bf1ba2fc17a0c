-- The partitions of the newest reading.
SELECT reread, topic, partition, next_offset, end_offset
FROM rereads FINAL
WHERE reread = (SELECT max(reread) FROM rereads)
ORDER BY topic, partition
