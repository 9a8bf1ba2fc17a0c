-- What events refer to. The newest word by event time holds, whatever order it came in.

-- Reference events are rare. Behind this table of their own their views cost nothing where there are none.
CREATE TABLE IF NOT EXISTS parsed_reference (
  event_id UUID, type String, unit String, subject String, occurred_at DateTime64(3, 'UTC'), body String
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS parsed_to_reference TO parsed_reference AS
SELECT event_id, type, unit, subject, occurred_at, body
FROM parsed
WHERE readable AND (startsWith(type, 'unit.') OR startsWith(type, 'procedure.') OR startsWith(type, 'calendar.')
  OR startsWith(type, 'target.'));

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

CREATE MATERIALIZED VIEW IF NOT EXISTS reference_to_units TO units AS
SELECT
  subject AS unit, u.valid_from AS valid_from, u.valid_to AS valid_to, u.parent AS parent, u.level AS level,
  u.name_vi AS name_vi, u.name_en AS name_en, u.calendar AS calendar, occurred_at AS as_of
FROM
(
  SELECT
    subject, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(valid_from Date32, valid_to Nullable(Date32), parent String, level String, name_vi String, name_en String, calendar String)'
    ) AS u
  FROM parsed_reference
  WHERE type = 'unit.defined'
);

CREATE TABLE IF NOT EXISTS procedures (
  procedure String,
  name_vi String,
  name_en String,
  term UInt32,
  term_unit LowCardinality(String),
  count_mode LowCardinality(String),
  deadline_rule LowCardinality(String),
  supplement_policy LowCardinality(String),
  as_of DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of) ORDER BY procedure;

CREATE MATERIALIZED VIEW IF NOT EXISTS reference_to_procedures TO procedures AS
SELECT
  subject AS procedure, p.name_vi AS name_vi, p.name_en AS name_en, p.term AS term, p.term_unit AS term_unit,
  p.count_mode AS count_mode, p.deadline_rule AS deadline_rule, p.supplement_policy AS supplement_policy,
  occurred_at AS as_of
FROM
(
  SELECT
    subject, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(name_vi String, name_en String, term UInt32, term_unit String, count_mode String, deadline_rule String, supplement_policy String)'
    ) AS p
  FROM parsed_reference
  WHERE type IN ('procedure.published', 'procedure.updated')
);

CREATE TABLE IF NOT EXISTS working_days (
  calendar String,
  day Date32,
  sessions Array(Array(String)),
  as_of DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of) ORDER BY (calendar, day);

CREATE MATERIALIZED VIEW IF NOT EXISTS reference_to_working_days TO working_days AS
SELECT d.calendar AS calendar, d.date AS day, d.sessions AS sessions, occurred_at AS as_of
FROM
(
  SELECT
    occurred_at,
    JSONExtract(body, 'data', 'Tuple(calendar String, date Date32, sessions Array(Array(String)))') AS d
  FROM parsed_reference
  WHERE type = 'calendar.day_defined'
);

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

CREATE MATERIALIZED VIEW IF NOT EXISTS reference_to_targets TO targets AS
SELECT
  unit, t.indicator AS indicator, t.valid_from AS valid_from, t.valid_to AS valid_to, t.op AS op, t.value AS value,
  t.source AS source, occurred_at AS as_of
FROM
(
  SELECT
    unit, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(indicator String, valid_from Date32, valid_to Nullable(Date32), op String, value Float64, source String)'
    ) AS t
  FROM parsed_reference
  WHERE type = 'target.defined'
);

-- Every unit with itself and each unit above it, by today's tree.
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

CREATE MATERIALIZED VIEW IF NOT EXISTS reference_to_ids TO reference_ids AS
SELECT event_id
FROM parsed_reference
WHERE NOT startsWith(type, 'target.');

-- The calendar of a unit is its own, or that of the nearest unit above it that has one. Made anew with the tree.
CREATE TABLE IF NOT EXISTS unit_calendars (unit String, calendar String) ENGINE = ReplacingMergeTree ORDER BY unit;

-- Every day of a calendar, off or not: its sessions as instants, working seconds before it and in it, and how many
-- working days there are up to it (itself included). Made anew when a day changes.
CREATE TABLE IF NOT EXISTS calendar_days (
  calendar String,
  day Date32,
  opens Array(DateTime('UTC')),
  closes Array(DateTime('UTC')),
  worked_s Int64,
  worked_before_s Int64,
  day_number UInt32
)
ENGINE = ReplacingMergeTree ORDER BY (calendar, day);
