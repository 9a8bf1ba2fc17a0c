-- Ingest's durable outbox. Statements are repeatable: they run at every start.
-- Events on their way to Kafka, many to a row: one row for each event would take the interpreter's lock for each.
-- lines: the events as JSON lines; routes: a JSON array with topic and key of each line; checksum: over all of it, NULL
-- in rows that ingest wrote before it made checksums (the column is added to such a file when it is opened).
CREATE TABLE IF NOT EXISTS chunks (
  last_seq INTEGER PRIMARY KEY,
  first_seq INTEGER NOT NULL,
  routes TEXT NOT NULL,
  lines BLOB NOT NULL,
  stored_s INTEGER NOT NULL,
  checksum BLOB
);
-- Events that could not be delivered because the file was damaged. chunk: their row, which is never deleted.
CREATE TABLE IF NOT EXISTS damaged (
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  chunk INTEGER,
  cause TEXT NOT NULL,
  rescued INTEGER NOT NULL,
  noted_s INTEGER NOT NULL
);
-- day: counted since 1970 by the table "day" below.
CREATE TABLE IF NOT EXISTS seen (
  id BLOB PRIMARY KEY,
  hash BLOB NOT NULL,
  day INTEGER NOT NULL
) WITHOUT ROWID;
-- The latest event of each reference fact: by the event's time, and within one instant by its type.
CREATE TABLE IF NOT EXISTS facts (
  key TEXT PRIMARY KEY,
  time TEXT NOT NULL,
  type TEXT NOT NULL,
  value BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at TEXT NOT NULL,
  sender TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  id TEXT,
  raw BLOB NOT NULL
);
-- Events that each tablet sent, by type and hour since 1970 (by the events' time), with one byte for each minute.
CREATE TABLE IF NOT EXISTS paces (
  device TEXT NOT NULL,
  type TEXT NOT NULL,
  hour INTEGER NOT NULL,
  minutes BLOB NOT NULL,
  PRIMARY KEY (device, type, hour)
) WITHOUT ROWID;
-- The day by which ids age, and for how many seconds ingest has run since the clock jumped away from it.
CREATE TABLE IF NOT EXISTS day (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  day INTEGER NOT NULL,
  jumped_s REAL NOT NULL
);
-- Written and emptied to find out whether a disk that refused writes takes them again.
CREATE TABLE IF NOT EXISTS trial (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  bytes BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS delivered (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL
);
INSERT OR IGNORE INTO delivered (one, seq) VALUES (1, 0);
-- Chunks that are not noted as damaged.
CREATE VIEW IF NOT EXISTS whole_chunks AS
SELECT last_seq, first_seq, lines FROM chunks
WHERE last_seq NOT IN (SELECT chunk FROM damaged WHERE chunk IS NOT NULL);
-- Disk space of each refused line: its bytes, the texts about it, and 64 bytes for its number and its row.
CREATE VIEW IF NOT EXISTS refused_sizes AS
SELECT seq, 64 + length(raw) + length(CAST(detail AS BLOB)) + length(CAST(coalesce(id, '') AS BLOB))
  + length(CAST(sender AS BLOB)) + length(reason) + length(received_at) AS nbytes
FROM refused;
