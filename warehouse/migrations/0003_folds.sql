-- Events by what they are about, what is folded from them, and the figures by unit and hour.
--
-- A month that has come to rest is merged into one part, so that nothing is left to be put together when it is read.
--
-- Events copied by what they are about keep the identity and the precedence of the raw ones: of two with one id, unit,
-- hour and type the first recorded stays here too.
--
-- Every folded table replaces by a version that counts what the row was made from. More can only have been seen later,
-- and equal counts mean equal rows, so that the last word stays whoever wrote last: two stream processes, a broken-off
-- flush and its repetition, clocks that jump.

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
  answers Map(LowCardinality(String), Int8),
  precedence UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (unit, toStartOfHour(occurred_at), event_id)
SETTINGS index_granularity = 1024, min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 134217728,
  min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS parsed_to_ratings TO ratings AS
SELECT
  unit, occurred_at, event_id, data.channel AS channel, data.scale AS scale, data.score AS score,
  data.reasons AS reasons, data.device AS device, data.counter AS counter, data.staff AS staff,
  data.procedure AS procedure, data.dossier AS dossier, data.ticket AS ticket,
  data.answers AS answers, precedence
FROM parsed
WHERE readable AND type = 'rating.submitted';

-- The ratings in whose place their citizens gave another one: they stay in `ratings`, and no figure counts them.
CREATE TABLE IF NOT EXISTS replaced_ratings (
  unit LowCardinality(String),
  hour DateTime('UTC'),
  event_id UUID,
  dossier String,
  INDEX of_dossier dossier TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour, event_id, dossier)
SETTINGS index_granularity = 256;

CREATE TABLE IF NOT EXISTS ticket_events (
  ticket String CODEC(ZSTD(1)),
  occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  event_id UUID,
  type LowCardinality(String),
  unit LowCardinality(String),
  counter LowCardinality(String),
  staff LowCardinality(String),
  precedence UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
PRIMARY KEY ticket
ORDER BY (ticket, toStartOfHour(occurred_at), event_id, unit, type)
SETTINGS index_granularity = 256, min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 134217728;

CREATE MATERIALIZED VIEW IF NOT EXISTS parsed_to_ticket_events TO ticket_events AS
SELECT subject AS ticket, occurred_at, event_id, type, unit, data.counter AS counter, data.staff AS staff, precedence
FROM parsed
WHERE readable AND startsWith(type, 'queue.');

-- What a ticket adds to each unit-hour that any of its events lies in; zeros where it adds nothing (any more).
CREATE TABLE IF NOT EXISTS ticket_shares (
  unit LowCardinality(String),
  hour DateTime('UTC'),
  ticket String CODEC(ZSTD(1)),
  issued UInt8,
  called UInt8,
  called_in_time UInt8,
  served UInt8,
  abandoned UInt8,
  waited_s Nullable(UInt32),
  handled_s Nullable(UInt32),
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour, ticket)
SETTINGS index_granularity = 1024, min_age_to_force_merge_seconds = 3600,
  min_age_to_force_merge_on_partition_only = 1;

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
  due_at Nullable(DateTime64(3, 'UTC')),
  attributes UInt64 COMMENT 'what it tells of the dossier: bits in the order of contract/cohorts.py',
  by_applicant Bool COMMENT 'papers are asked for by the fault of the applicant',
  step LowCardinality(String) COMMENT 'a step with a time set: early (before that day), in_time or late',
  precedence UInt64 CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
PRIMARY KEY dossier
ORDER BY (dossier, toStartOfHour(occurred_at), event_id, unit, type)
SETTINGS index_granularity = 128, min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 134217728;

CREATE MATERIALIZED VIEW IF NOT EXISTS parsed_to_dossier_events TO dossier_events AS
WITH
  parseDateTime64BestEffortOrNull(data.accept_due, 3, 'UTC') AS accept_due,
  parseDateTime64BestEffortOrNull(data.step_due, 3, 'UTC') AS step_due,
  coalesce(parseDateTime64BestEffortOrNull(data.finished_at, 3, 'UTC'), occurred_at) AS step_done
SELECT
  if(complains, data.dossier, subject) AS dossier, occurred_at, event_id, type, source, unit,
  -- What a rating or a petition says of these is its own.
  if(complains, '', data.procedure) AS procedure, if(complains, '', data.channel) AS channel,
  if(complains, '', data.staff) AS staff, if(complains, '', data.counter) AS counter,
  -- An apology offers a new appointment, only rescheduling makes it.
  parseDateTime64BestEffortOrNull(if(type = 'dossier.rescheduled', data.new_due, data.due_at), 3, 'UTC') AS due_at,
  multiIf(
    complains, bitShiftLeft(1::UInt64, 43), -- complained
    type = 'dossier.submitted',
      bitShiftLeft(data.via_vneid::UInt64, 0) -- vneid
      + bitShiftLeft((data.territory_unit NOT IN ('', unit))::UInt64, 1), -- elsewhere
    type = 'dossier.accepted', bitShiftLeft(coalesce(occurred_at > accept_due, false)::UInt64, 2), -- accepted_late
    type = 'dossier.result_issued',
      bitShiftLeft(1::UInt64, 3) -- result_issued
      + bitShiftLeft(data.electronic::UInt64, 4) -- result_electronic
      + bitShiftLeft(data.signed::UInt64, 5) -- result_signed
      + bitShiftLeft(data.archived::UInt64, 6), -- result_archived
    type IN ('payment.paid', 'dossier.finance_requested'),
      bitShiftLeft((type = 'payment.paid')::UInt64, 7) -- paid
      + bitShiftLeft((type = 'payment.paid' AND data.online)::UInt64, 8) -- paid_online
      + bitShiftLeft(coalesce(data.amount_vnd > 0, false)::UInt64, 9) -- fee_charged
      + bitShiftLeft(coalesce(data.amount_vnd = 0, false)::UInt64, 10), -- fee_waived
    type = 'dossier.step',
      bitShiftLeft(1::UInt64, 41) -- transferred
      + bitShiftLeft((NOT data.electronic)::UInt64, 42), -- on_paper
    type = 'dossier.synced', bitShiftLeft(1::UInt64, 11), -- synced
    type = 'component.digitised', bitShiftLeft(1::UInt64, 12), -- digitised
    type = 'component.reused', bitShiftLeft(1::UInt64, 13), -- reused
    type = 'component.fetched',
      bitShiftLeft((data.source != 'population')::UInt64, 14) -- from_store
      + bitShiftLeft((data.source = 'population')::UInt64, 15), -- from_population
    type = 'dossier.returned', bitShiftLeft((data.channel = 'post')::UInt64, 16), -- returned_by_post
    0
  ) AS attributes,
  data.by_fault = 'applicant' AS by_applicant,
  multiIf(
    type != 'dossier.step' OR step_due IS NULL, '',
    toDate(step_done, 'Asia/Ho_Chi_Minh') < toDate(step_due, 'Asia/Ho_Chi_Minh'), 'early',
    step_done <= step_due, 'in_time',
    'late'
  ) AS step,
  precedence
FROM parsed
WHERE readable AND (startsWith(type, 'dossier.') OR startsWith(type, 'component.') OR type = 'payment.paid' OR complains);

-- Petitions are few: what they say is read from the raw events of the hours that are touched.
CREATE TABLE IF NOT EXISTS petition_events (
  petition String,
  occurred_at DateTime64(3, 'UTC'),
  event_id UUID,
  type LowCardinality(String),
  unit LowCardinality(String),
  dossier String,
  category LowCardinality(String),
  likes Nullable(Bool),
  reopened Bool,
  confirmed Nullable(Bool),
  precedence UInt64
)
ENGINE = ReplacingMergeTree(precedence)
PRIMARY KEY petition
ORDER BY (petition, toStartOfHour(occurred_at), event_id, unit, type)
SETTINGS index_granularity = 256;

-- A petition with the instant at which it counts as handled or not: its answer, or the end of the day it was due.
CREATE TABLE IF NOT EXISTS petitions (
  petition String,
  unit LowCardinality(String),
  received_at DateTime64(3, 'UTC'),
  counted_at Nullable(DateTime64(3, 'UTC')),
  attributes UInt64 COMMENT 'bits in the order of contract/cohorts.py',
  dossiers Array(String) COMMENT 'what it is about',
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY petition
SETTINGS index_granularity = 256;

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
  apologised_at Nullable(DateTime64(3, 'UTC')),
  steps_due UInt16,
  steps_early UInt16,
  steps_in_time UInt16,
  attributes UInt64,
  units Array(LowCardinality(String)),
  days Array(Date),
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY dossier
SETTINGS index_granularity = 128;

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
  net_s Nullable(UInt32) COMMENT 'working seconds from acceptance to the end, without the time its clock stood',
  steps_due UInt16 COMMENT 'steps with a time set; the next two: done before that day, and on it in time',
  steps_early UInt16,
  steps_in_time UInt16,
  attributes UInt64 COMMENT 'bits in the order of contract/cohorts.py',
  units Array(LowCardinality(String)),
  days Array(Date),
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY dossier
SETTINGS index_granularity = 128;

CREATE TABLE IF NOT EXISTS hours_of_ratings (
  unit LowCardinality(String),
  hour DateTime('UTC'),
  answered UInt32,
  satisfied UInt32,
  very_answered UInt32,
  very_satisfied UInt32,
  explained UInt32 COMMENT 'satisfied, or with a reason that is known',
  blamed Map(LowCardinality(String), UInt32) COMMENT 'how many name a reason of which factor (contract/reasons.yaml)',
  offices_answers UInt32 COMMENT 'answers to item 4 of Decree 61',
  offices_points UInt32,
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE TABLE IF NOT EXISTS hours_of_tickets (
  unit LowCardinality(String),
  hour DateTime('UTC'),
  issued UInt32,
  called UInt32,
  called_in_time UInt32,
  served UInt32,
  abandoned UInt32,
  waits_s Map(UInt32, UInt32),
  handlings UInt32,
  handled_s UInt64,
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

-- Who was on duty when. A shift that is told again under a new id is another one.
CREATE TABLE IF NOT EXISTS shifts (
  unit LowCardinality(String),
  starts_at DateTime64(3, 'UTC'),
  ends_at DateTime64(3, 'UTC'),
  occurred_at DateTime64(3, 'UTC'),
  event_id UUID,
  precedence UInt64
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (unit, toStartOfHour(occurred_at), event_id)
SETTINGS index_granularity = 1024;

-- All events, by the hour in which they happened. Made last: what is counted here is in every other figure.
CREATE TABLE IF NOT EXISTS hours_of_events (
  unit LowCardinality(String),
  hour DateTime('UTC'),
  events UInt32,
  by_source Map(String, UInt32),
  delays_s Map(UInt32, UInt32),
  recorded_at DateTime64(3, 'UTC'),
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;
