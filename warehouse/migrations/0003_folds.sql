-- Events by what they are about, what is folded from them, and the figures by unit and hour.

CREATE TABLE IF NOT EXISTS ratings (
  unit LowCardinality(String),
  occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  event_id UUID,
  channel LowCardinality(String),
  scale LowCardinality(String),
  score Int8,
  reasons Array(LowCardinality(String)),
  device LowCardinality(String),
  counter LowCardinality(String),
  staff LowCardinality(String),
  procedure LowCardinality(String),
  dossier String CODEC(ZSTD(1)),
  ticket String CODEC(ZSTD(1)),
  precedence UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (unit, toStartOfHour(occurred_at), event_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS events_to_ratings TO ratings AS
SELECT
  unit, occurred_at, event_id, r.channel AS channel, r.scale AS scale, r.score AS score, r.reasons AS reasons,
  r.device AS device, r.counter AS counter, r.staff AS staff, r.procedure AS procedure, r.dossier AS dossier,
  r.ticket AS ticket, 18446744073709551615 - toUnixTimestamp64Milli(recorded_at) AS precedence
FROM
(
  SELECT
    unit, occurred_at, event_id, recorded_at,
    JSONExtract(
      body, 'data',
      'Tuple(channel String, scale String, score Int8, reasons Array(String), device String, counter String, staff String, procedure String, dossier String, ticket String)'
    ) AS r
  FROM events
  WHERE type = 'rating.submitted'
);

CREATE TABLE IF NOT EXISTS ticket_events (
  ticket String CODEC(ZSTD(1)),
  occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  event_id UUID,
  type LowCardinality(String),
  unit LowCardinality(String),
  counter LowCardinality(String),
  staff LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (ticket, occurred_at, event_id)
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_to_ticket_events TO ticket_events AS
SELECT
  subject AS ticket, occurred_at, event_id, type, unit,
  JSONExtractString(body, 'data', 'counter') AS counter, JSONExtractString(body, 'data', 'staff') AS staff
FROM events
WHERE startsWith(type, 'queue.');

-- What a ticket adds to each unit-hour that any of its events lies in; zeros where it adds nothing (any more).
CREATE TABLE IF NOT EXISTS ticket_hours (
  unit LowCardinality(String),
  hour DateTime('UTC'),
  ticket String CODEC(ZSTD(1)),
  issued UInt8,
  called UInt8,
  called_in_time UInt8,
  served UInt8,
  abandoned UInt8,
  waited_s Nullable(UInt32),
  events UInt32
)
ENGINE = ReplacingMergeTree(events)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour, ticket);

CREATE TABLE IF NOT EXISTS dossier_events (
  dossier String CODEC(ZSTD(1)),
  occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  event_id UUID,
  type LowCardinality(String),
  source LowCardinality(String),
  unit LowCardinality(String),
  procedure LowCardinality(String),
  channel LowCardinality(String),
  staff LowCardinality(String),
  counter LowCardinality(String),
  due_at Nullable(DateTime64(3, 'UTC'))
)
ENGINE = ReplacingMergeTree
ORDER BY (dossier, occurred_at, event_id)
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS events_to_dossier_events TO dossier_events AS
SELECT
  subject AS dossier, occurred_at, event_id, type, source, unit, d.procedure AS procedure, d.channel AS channel,
  d.staff AS staff, d.counter AS counter,
  -- An apology offers a new appointment, only rescheduling makes it.
  parseDateTime64BestEffortOrNull(if(type = 'dossier.rescheduled', d.new_due, d.due_at), 3, 'UTC') AS due_at
FROM
(
  SELECT
    subject, occurred_at, event_id, type, source, unit,
    JSONExtract(
      body, 'data',
      'Tuple(procedure String, channel String, staff String, counter String, due_at String, new_due String)'
    ) AS d
  FROM events
  WHERE startsWith(type, 'dossier.') OR type = 'payment.paid'
);

-- A dossier folded from its events alone; `pauses` are the closed stretches in which its clock stood.
CREATE TABLE IF NOT EXISTS dossier_folds (
  dossier String CODEC(ZSTD(1)),
  source LowCardinality(String),
  unit LowCardinality(String),
  procedure LowCardinality(String),
  channel LowCardinality(String),
  staff LowCardinality(String),
  counter LowCardinality(String),
  received_at Nullable(DateTime64(3, 'UTC')),
  accepted_at Nullable(DateTime64(3, 'UTC')),
  completed_at Nullable(DateTime64(3, 'UTC')),
  returned_at Nullable(DateTime64(3, 'UTC')),
  ended_at Nullable(DateTime64(3, 'UTC')),
  ending LowCardinality(String),
  supplements UInt16,
  paused_since Nullable(DateTime64(3, 'UTC')),
  pauses Array(Tuple(DateTime64(3, 'UTC'), DateTime64(3, 'UTC'))),
  given_due_at Nullable(DateTime64(3, 'UTC')),
  given_at Nullable(DateTime64(3, 'UTC')),
  units Array(LowCardinality(String)),
  hours Array(DateTime('UTC')),
  events UInt32
)
ENGINE = ReplacingMergeTree(events)
ORDER BY dossier
SETTINGS index_granularity = 256;

-- The dossier with its appointment: late is what ends after `late_after`, early what ends before `early_before`.
CREATE TABLE IF NOT EXISTS dossiers (
  dossier String CODEC(ZSTD(1)),
  source LowCardinality(String),
  unit LowCardinality(String),
  procedure LowCardinality(String),
  channel LowCardinality(String),
  staff LowCardinality(String),
  counter LowCardinality(String),
  received_at Nullable(DateTime64(3, 'UTC')),
  accepted_at Nullable(DateTime64(3, 'UTC')),
  completed_at Nullable(DateTime64(3, 'UTC')),
  returned_at Nullable(DateTime64(3, 'UTC')),
  ended_at Nullable(DateTime64(3, 'UTC')),
  ending LowCardinality(String),
  supplements UInt16,
  paused_since Nullable(DateTime64(3, 'UTC')),
  due_at Nullable(DateTime64(3, 'UTC')),
  early_before Nullable(DateTime64(3, 'UTC')),
  late_after Nullable(DateTime64(3, 'UTC')),
  units Array(LowCardinality(String)),
  hours Array(DateTime('UTC')),
  events UInt32
)
ENGINE = ReplacingMergeTree(events)
ORDER BY dossier
SETTINGS index_granularity = 256;

-- What a dossier adds to each unit-hour that any of its events lies in; zeros where it adds nothing (any more).
CREATE TABLE IF NOT EXISTS dossier_hours (
  unit LowCardinality(String),
  hour DateTime('UTC'),
  dossier String CODEC(ZSTD(1)),
  received UInt8,
  completed UInt8,
  early UInt8,
  late UInt8,
  returned UInt8,
  events UInt32
)
ENGINE = ReplacingMergeTree(events)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour, dossier);

CREATE TABLE IF NOT EXISTS unit_hours (
  unit LowCardinality(String),
  hour DateTime('UTC'),
  answered UInt32,
  satisfied UInt32,
  very_answered UInt32,
  very_satisfied UInt32,
  dissatisfied UInt32,
  tickets_issued UInt32,
  tickets_called UInt32,
  tickets_called_in_time UInt32,
  tickets_served UInt32,
  tickets_abandoned UInt32,
  waits_s Map(UInt32, UInt32),
  dossiers_received UInt32,
  dossiers_completed UInt32,
  dossiers_early UInt32,
  dossiers_late UInt32,
  dossiers_returned UInt32,
  events UInt32,
  events_by_source Map(String, UInt32),
  delays_s Map(UInt32, UInt32),
  recorded_at DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour);

-- What each batch of the stream touched: which figures must be made anew. Kept a day for whoever asks why.
CREATE TABLE IF NOT EXISTS touched (
  batch UUID,
  kind Enum8('dossier' = 1, 'ticket' = 2, 'cell' = 3),
  subject String,
  unit LowCardinality(String),
  hour DateTime('UTC'),
  touched_at DateTime DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (batch, kind)
TTL touched_at + INTERVAL 1 DAY;
