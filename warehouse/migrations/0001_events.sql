-- Raw events: the one truth every other table can be rebuilt from.
-- Partition and sorting key come from immutable fields of the event and end in its id, so that an event sent again
-- meets itself here whenever it comes; of equal ones the first recorded stays.

CREATE TABLE IF NOT EXISTS events (
  event_id UUID,
  type LowCardinality(String),
  source LowCardinality(String),
  unit LowCardinality(String),
  subject String CODEC(ZSTD(1)),
  occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  recorded_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  sender LowCardinality(String),
  body String CODEC(ZSTD(3)),
  precedence UInt64 MATERIALIZED 18446744073709551615 - toUnixTimestamp64Milli(recorded_at) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (unit, toStartOfHour(occurred_at), type, event_id)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

-- The stream hands over checked events as lines; this table keeps none of them, the views below take them apart.
CREATE TABLE IF NOT EXISTS landing (line String) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS landing_to_events TO events AS
SELECT
  envelope.id AS event_id,
  envelope.type AS type,
  envelope.source AS source,
  envelope.data.unit AS unit,
  envelope.subject AS subject,
  parseDateTime64BestEffort(envelope.time, 3, 'UTC') AS occurred_at,
  parseDateTime64BestEffort(envelope.recordedtime, 3, 'UTC') AS recorded_at,
  envelope.sender AS sender,
  line AS body
FROM
(
  SELECT
    line,
    JSONExtract(
      line,
      'Tuple(id UUID, type String, source String, subject String, time String, recordedtime String, sender String, data Tuple(unit String))'
    ) AS envelope
  FROM landing
);
