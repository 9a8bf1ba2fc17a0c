-- Ingest's durable outbox. Statements are repeatable: they run at every start.
-- Events on their way to Kafka: consecutive ones together, a row for each would cost a lock of the interpreter each.
-- lines: the events as JSON lines; routes: a JSON array with topic and key of each line.
CREATE TABLE IF NOT EXISTS chunks (
  last_seq INTEGER PRIMARY KEY,
  first_seq INTEGER NOT NULL,
  routes TEXT NOT NULL,
  lines BLOB NOT NULL,
  stored_s INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS seen (
  id BLOB PRIMARY KEY,
  hash BLOB NOT NULL,
  day INTEGER NOT NULL
) WITHOUT ROWID;
-- The newest word on each reference fact: by the event's time, of one instant by its type.
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
-- How many events of each type each tablet handed in of each hour since 1970, a byte for each of its minutes.
CREATE TABLE IF NOT EXISTS paces (
  device TEXT NOT NULL,
  type TEXT NOT NULL,
  hour INTEGER NOT NULL,
  minutes BLOB NOT NULL,
  PRIMARY KEY (device, type, hour)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS delivered (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL
);
INSERT OR IGNORE INTO delivered (one, seq) VALUES (1, 0);
