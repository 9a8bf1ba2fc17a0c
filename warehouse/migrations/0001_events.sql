-- Raw events: the one truth every other table can be rebuilt from.
-- Partition and sorting key come from immutable fields of the event and end in its id, so that an event sent again
-- meets itself here whenever it comes; of equal ones the first recorded stays.
-- Merging rewrites the bodies, which costs more than storing them: ten parts at once, so that it happens less often.

CREATE TABLE IF NOT EXISTS events (
  event_id UUID,
  type LowCardinality(String),
  source LowCardinality(String),
  unit LowCardinality(String),
  subject String CODEC(ZSTD(1)),
  occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  sender LowCardinality(String),
  body String CODEC(ZSTD(1)),
  precedence UInt64 MATERIALIZED 18446744073709551615 - toUnixTimestamp64Milli(recorded_at) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (unit, toStartOfHour(occurred_at), type, event_id)
SETTINGS index_granularity = 1024, min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 134217728,
  min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

-- The stream hands over lines of JSON under the number of their batch. Neither this table nor the next keeps a row:
-- the views take a line apart once, and each further view copies what is its own. Whatever is handed over twice
-- meets itself in every one of their tables. What a rebuild hands over again is `from_store`: its raw rows stay as they
-- are.
CREATE TABLE IF NOT EXISTS landing (batch UInt64, line String, from_store Bool DEFAULT false) ENGINE = Null;

CREATE TABLE IF NOT EXISTS parsed (
  batch UInt64,
  body String,
  from_store Bool,
  readable Bool,
  complains Bool COMMENT 'a citizen is not content with the dossier that the event names',
  is_replacement Bool COMMENT 'a rating of a dossier in place of the one before',
  event_id UUID,
  type LowCardinality(String),
  source LowCardinality(String),
  unit LowCardinality(String),
  subject String,
  occurred_at DateTime64(3, 'UTC'),
  recorded_at DateTime64(3, 'UTC'),
  precedence UInt64 COMMENT 'of equal events the first recorded has most',
  sender LowCardinality(String),
  data Tuple(
    unit String, channel String, scale String, score Int8, reasons Array(String), device String, counter String,
    staff String, procedure String, dossier String, ticket String, due_at String, new_due String,
    via_vneid Bool, territory_unit String, accept_due String, by_fault String, electronic Bool, signed Bool,
    archived Bool, online Bool, amount_vnd Nullable(Int64), source String, step_due String, finished_at String,
    answers Map(String, Int8), replaces Tuple(id String)
  )
)
ENGINE = Null;

-- Events are held against the contract where they are admitted. Here is checked what the tables cannot do without, so
-- that nothing else that was written to the log becomes a figure. (A test compares the scales with the contract's.)
CREATE MATERIALIZED VIEW IF NOT EXISTS landing_to_parsed TO parsed AS
SELECT
  batch,
  line AS body,
  from_store,
  isValidUTF8(line) AND envelope.id != toUUID('00000000-0000-0000-0000-000000000000') AND envelope.type != ''
    AND envelope.subject != '' AND envelope.data.unit != '' AND envelope.sender != ''
    AND coalesce(toYear(happened_at) BETWEEN 2000 AND 2099 AND toYear(admitted_at) BETWEEN 2000 AND 2099, false)
    AND (envelope.type != 'rating.submitted' OR envelope.data.score BETWEEN
      transform(envelope.data.scale, ['csat3', 'csat4', 'csat5', 'binary', 'star5', 'nd61'], [1, 1, 1, 0, 1, 0], 127)
      AND transform(envelope.data.scale, ['csat3', 'csat4', 'csat5', 'binary', 'star5', 'nd61'], [3, 4, 5, 1, 5, 2], 0))
    AS readable,
  envelope.data.dossier != '' AND (
    envelope.type = 'petition.received'
    OR (envelope.type = 'rating.submitted' AND envelope.data.score <
      transform(envelope.data.scale, ['csat3', 'csat4', 'csat5', 'binary', 'star5', 'nd61'], [2, 3, 4, 1, 4, 1], 0))
  ) AS complains,
  envelope.type = 'rating.submitted' AND envelope.data.replaces.id != '' AND envelope.data.dossier != '' AS is_replacement,
  envelope.id AS event_id,
  envelope.type AS type,
  envelope.source AS source,
  envelope.data.unit AS unit,
  envelope.subject AS subject,
  assumeNotNull(happened_at) AS occurred_at,
  assumeNotNull(admitted_at) AS recorded_at,
  18446744073709551615 - toUnixTimestamp64Milli(recorded_at) AS precedence,
  envelope.sender AS sender,
  envelope.data AS data
FROM
(
  SELECT
    batch,
    line,
    from_store,
    JSONExtract(
      line,
      'Tuple(id UUID, type LowCardinality(String), source LowCardinality(String), subject String, time String, recordedtime String, sender LowCardinality(String), data Tuple(unit String, channel String, scale String, score Int8, reasons Array(String), device String, counter String, staff String, procedure String, dossier String, ticket String, due_at String, new_due String, via_vneid Bool, territory_unit String, accept_due String, by_fault String, electronic Bool, signed Bool, archived Bool, online Bool, amount_vnd Nullable(Int64), source String, step_due String, finished_at String, answers Map(String, Int8), replaces Tuple(id String)))'
    ) AS envelope,
    parseDateTime64BestEffortOrNull(envelope.time, 3, 'UTC') AS happened_at,
    parseDateTime64BestEffortOrNull(envelope.recordedtime, 3, 'UTC') AS admitted_at
  FROM landing
);

CREATE MATERIALIZED VIEW IF NOT EXISTS parsed_to_events TO events AS
SELECT event_id, type, source, unit, subject, occurred_at, recorded_at, sender, body
FROM parsed
WHERE readable AND NOT from_store AND type != 'device.seen';

-- What each batch touched: which figures must be made anew, and which lines could not be read. Good for the flush at
-- hand; a batch that is read again touches it all again.
CREATE TABLE IF NOT EXISTS touched (
  batch UInt64,
  kind Enum8('dossier' = 1, 'ticket' = 2, 'hour' = 3, 'rated_hour' = 4, 'procedure' = 5, 'calendar' = 6,
    'unreadable' = 7, 'dossier_day' = 8, 'target' = 9, 'petition' = 10, 'point' = 11, 'tablet' = 12,
    'replacement' = 13, 'shift' = 14),
  subject String,
  unit LowCardinality(String),
  hour DateTime('UTC'),
  touched_at DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(touched_at)
ORDER BY (batch, kind)
TTL touched_at + INTERVAL 1 DAY
SETTINGS index_granularity = 256, ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS parsed_to_touched_hours TO touched AS
SELECT batch, if(rated, 'rated_hour', 'hour') AS kind, unit, hour
FROM
(
  SELECT any(batch) AS batch, max(type = 'rating.submitted') AS rated, unit, toStartOfHour(occurred_at)::DateTime('UTC') AS hour
  FROM parsed
  WHERE readable AND type != 'device.seen'
  GROUP BY unit, hour
);

CREATE MATERIALIZED VIEW IF NOT EXISTS parsed_to_touched_subjects TO touched AS
SELECT DISTINCT
  batch,
  multiIf(
    NOT readable, 'unreadable',
    startsWith(type, 'queue.'), 'ticket',
    startsWith(type, 'procedure.'), 'procedure',
    startsWith(type, 'calendar.') OR startsWith(type, 'unit.'), 'calendar',
    startsWith(type, 'target.'), 'target',
    startsWith(type, 'petition.'), 'petition',
    startsWith(type, 'point.'), 'point',
    type IN ('device.paired', 'device.revoked'), 'tablet',
    is_replacement, 'replacement',
    type = 'staff.shift', 'shift',
    'dossier'
  ) AS kind,
  -- A rating tells something of the dossier that it names; a petition's dossier is found when the petition is.
  multiIf(NOT readable, body, type = 'rating.submitted', data.dossier, p.subject) AS subject,
  -- Where a replacement is found again.
  if(kind = 'replacement', p.unit, '') AS unit,
  if(kind = 'replacement', toStartOfHour(occurred_at), toDateTime(0, 'UTC'))::DateTime('UTC') AS hour
FROM parsed AS p
WHERE NOT readable OR complains OR is_replacement OR startsWith(type, 'dossier.') OR startsWith(type, 'component.')
  OR type = 'payment.paid' OR startsWith(type, 'queue.') OR startsWith(type, 'procedure.')
  OR startsWith(type, 'calendar.') OR startsWith(type, 'unit.') OR startsWith(type, 'target.')
  OR startsWith(type, 'petition.') OR startsWith(type, 'point.') OR type IN ('device.paired', 'device.revoked')
  OR type = 'staff.shift';
