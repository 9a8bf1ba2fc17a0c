-- What events refer to. The newest word by event time holds, whatever order it came in.

-- The raw events of the hours that batches touched. Of rare types: looked up like this they cost other events nothing.
CREATE VIEW IF NOT EXISTS touched_events AS
SELECT event_id, type, unit, subject, occurred_at, body, precedence
FROM events
WHERE (unit, toStartOfHour(occurred_at)) IN
  (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind IN ('hour', 'rated_hour'));

CREATE TABLE IF NOT EXISTS units (
  unit String,
  valid_from Date32,
  valid_to Nullable(Date32),
  parent String,
  level LowCardinality(String),
  name_vi String,
  name_en String,
  calendar String,
  as_of DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of) ORDER BY (unit, valid_from);

-- Every word on a procedure, and from when it holds: the day that it names, else when it was said.
CREATE TABLE IF NOT EXISTS procedures (
  procedure String,
  holds_from DateTime64(3, 'UTC'),
  unit String COMMENT 'who publishes it',
  abolished Bool,
  name_vi String,
  name_en String,
  term UInt32,
  term_unit LowCardinality(String),
  count_mode LowCardinality(String),
  deadline_rule LowCardinality(String),
  supplement_policy LowCardinality(String),
  cutoffs Array(Tuple(DateTime64(3, 'UTC'), UInt32)) COMMENT 'from when on after which millisecond of the day in Vietnam a term begins with the next one, in order',
  attributes UInt64 COMMENT 'what it gives its dossiers: bits in the order of contract/cohorts.py',
  decided_on Nullable(Date32),
  told_on Date32 COMMENT 'when the national database was told',
  effective_on Nullable(Date32),
  as_of DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of) ORDER BY (procedure, holds_from);

CREATE TABLE IF NOT EXISTS working_days (
  calendar String,
  day Date32,
  sessions Array(Array(String)),
  as_of DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of) ORDER BY (calendar, day);

CREATE TABLE IF NOT EXISTS targets (
  unit String,
  indicator LowCardinality(String),
  valid_from Date32,
  valid_to Nullable(Date32),
  op LowCardinality(String),
  value Float64,
  source String,
  as_of DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of) ORDER BY (unit, indicator, valid_from);

-- What reception points said of what they can do, and when.
CREATE TABLE IF NOT EXISTS capabilities (
  unit String,
  said_at DateTime64(3, 'UTC'),
  event_id UUID,
  digitises Nullable(Bool),
  certifies Nullable(Bool),
  results Nullable(UInt64),
  digitised Nullable(UInt64)
)
ENGINE = ReplacingMergeTree ORDER BY (unit, said_at, event_id);

-- Every word on where a tablet stands.
CREATE TABLE IF NOT EXISTS tablets (
  device String,
  said_at DateTime64(3, 'UTC'),
  event_id UUID,
  unit String,
  counter String,
  name String,
  revoked Bool
)
ENGINE = ReplacingMergeTree ORDER BY (device, said_at, event_id);

-- The newest heartbeat of each tablet, as it was sent. No figure is made of heartbeats: they are kept nowhere else here.
CREATE TABLE IF NOT EXISTS heartbeats (device String, seen_at DateTime64(3, 'UTC'), body String)
ENGINE = ReplacingMergeTree(seen_at) ORDER BY device;

CREATE MATERIALIZED VIEW IF NOT EXISTS parsed_to_heartbeats TO heartbeats AS
SELECT subject AS device, occurred_at AS seen_at, body
FROM parsed
WHERE readable AND type = 'device.seen';

-- Every unit with itself and each unit above it, by the newest word on each, also of a day to come.
CREATE VIEW IF NOT EXISTS unit_paths AS
WITH RECURSIVE
  current AS (SELECT unit, argMax(parent, (valid_from, as_of)) AS parent FROM units GROUP BY unit),
  paths AS (
    SELECT unit, unit AS ancestor, parent, 0 AS distance FROM current
    UNION ALL
    SELECT paths.unit, current.unit, current.parent, paths.distance + 1
    FROM paths INNER JOIN current ON paths.parent = current.unit
    WHERE paths.distance < 20
  )
SELECT unit, ancestor, distance FROM paths;

-- The ids of the events that appointments depend on besides a dossier's own. Their number only grows, and with it the
-- version of every dossier: of two states of one dossier, the one made from more of them stays.
CREATE TABLE IF NOT EXISTS reference_ids (event_id UUID) ENGINE = ReplacingMergeTree ORDER BY event_id;

-- The calendar of a unit is its own, or that of the nearest unit above it that has one. Made anew with the tree.
CREATE TABLE IF NOT EXISTS unit_calendars (unit String, calendar String) ENGINE = ReplacingMergeTree ORDER BY unit;

-- Every day of a calendar, off or not: its sessions as instants, working seconds before it and in it, how many working
-- days there are up to it (itself included), and what a term that ends with a working day asks for. Made anew when a day
-- changes.
CREATE TABLE IF NOT EXISTS calendar_days (
  calendar String,
  day Date32,
  opens Array(DateTime('UTC')),
  closes Array(DateTime('UTC')),
  worked_s Int64,
  worked_before_s Int64,
  day_number UInt32,
  next_day Date32 COMMENT 'the first working day after it; 1970-01-01 beyond the last',
  end_s Int64 COMMENT 'working seconds up to the end of the first working day from it on; -1 beyond the last'
)
ENGINE = ReplacingMergeTree ORDER BY (calendar, day);

-- Each word on a procedure, whether Decision 766 asked for its publication, and whether that came too late. Made anew with
-- procedures, calendars and the tree.
CREATE TABLE IF NOT EXISTS publications (
  procedure String,
  holds_from DateTime64(3, 'UTC'),
  unit String COMMENT 'who publishes it',
  attributes UInt64 COMMENT 'what it gives its dossiers',
  is_decided Bool COMMENT 'decided on a day that the calendar of its unit knows, and no abolition',
  decided_at DateTime64(3, 'UTC') COMMENT 'the beginning of that day',
  holds_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the beginning of the day from which it holds, where it is told',
  announced_late Nullable(Bool) COMMENT 'NULL where the calendar ends before that can be said; the next alike',
  told_late Nullable(Bool)
)
ENGINE = ReplacingMergeTree ORDER BY (procedure, holds_from);
