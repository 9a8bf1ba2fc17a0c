-- Dossiers by the days on which something happened to them or was due, and what they add up to by day and month.
--
-- An instant that did not come is `never`, 2100-01-01: later than any that can be asked for. Days are Vietnam's.

CREATE TABLE IF NOT EXISTS dossier_days (
  day Date,
  unit LowCardinality(String),
  dossier String CODEC(ZSTD(1)),
  received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  accepted_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  ended_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  returned_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  due_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  late_after DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
  completed Bool COMMENT 'its end is a result or its return',
  late Bool COMMENT 'it ended after its appointment, or papers were asked for twice; never when withdrawn',
  attributes UInt64 COMMENT 'bits in the order of contract/cohorts.py',
  procedure LowCardinality(String),
  net_s Nullable(UInt32),
  lag_s Nullable(UInt32) COMMENT 'for how long its result lay ready before it was given back',
  steps_due UInt16,
  steps_early UInt16,
  steps_in_time UInt16,
  version UInt64,
  again Bool ALIAS bitTest(attributes, 20), -- supplemented_again
  waits Bool ALIAS bitTest(attributes, 29), -- waiting
  -- Two systems may disagree so that a dossier ends, or is due, before it is accepted: from then on it counts.
  closed_at DateTime64(3, 'UTC') ALIAS greatest(accepted_at, ended_at),
  passes_at DateTime64(3, 'UTC') ALIAS greatest(accepted_at, late_after),
  received_on Date MATERIALIZED toDate(received_at, 'Asia/Ho_Chi_Minh'),
  accepted_on Date MATERIALIZED toDate(accepted_at, 'Asia/Ho_Chi_Minh'),
  ended_on Date MATERIALIZED toDate(ended_at, 'Asia/Ho_Chi_Minh'),
  returned_on Date MATERIALIZED toDate(returned_at, 'Asia/Ho_Chi_Minh'),
  due_on Date MATERIALIZED toDate(due_at, 'Asia/Ho_Chi_Minh'),
  closed_on Date MATERIALIZED toDate(greatest(accepted_at, ended_at), 'Asia/Ho_Chi_Minh'),
  passes_on Date MATERIALIZED toDate(greatest(accepted_at, late_after), 'Asia/Ho_Chi_Minh')
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (day, unit, dossier)
SETTINGS index_granularity = 128, min_age_to_force_merge_seconds = 3600,
  min_age_to_force_merge_on_partition_only = 1;

-- Days on which a dossier was ever due: they are made anew with it, so that nothing stays where it was due before.
CREATE TABLE IF NOT EXISTS due_days (dossier String CODEC(ZSTD(1)), day Date)
ENGINE = ReplacingMergeTree
ORDER BY (dossier, day)
SETTINGS index_granularity = 128;

CREATE MATERIALIZED VIEW IF NOT EXISTS dossiers_to_due_days TO due_days AS
SELECT dossier, toDate(late_after, 'Asia/Ho_Chi_Minh') AS day
FROM dossiers
WHERE late_after < toDateTime64('2100-01-01 00:00:00', 3, 'UTC');

-- The rows a flush makes anew; with them it is known which days of which units are to be counted anew.
CREATE TABLE IF NOT EXISTS remade_dossier_days AS dossier_days ENGINE = Null;
ALTER TABLE remade_dossier_days ADD COLUMN IF NOT EXISTS batch UInt64;

CREATE MATERIALIZED VIEW IF NOT EXISTS remade_to_dossier_days TO dossier_days AS
SELECT * EXCEPT batch FROM remade_dossier_days;

CREATE MATERIALIZED VIEW IF NOT EXISTS remade_to_touched TO touched AS
SELECT DISTINCT batch, 'dossier_day' AS kind, unit, toDateTime(toStartOfDay(day, 'Asia/Ho_Chi_Minh'), 'UTC') AS hour
FROM remade_dossier_days;

-- What the dossiers of a unit add up to on a day, so that any period can be counted from its first and last days and
-- from whole months, however long it is: warehouse/standings.py says how.
CREATE TABLE IF NOT EXISTS days_of_dossiers (
  day Date,
  unit LowCardinality(String),
  marks Array(UInt32) COMMENT 'sums of the marks of dossier_marks',
  cases Map(UInt64, UInt32) COMMENT 'how many dossiers took which step with which attributes (contract/cohorts.py)',
  used Map(LowCardinality(String), UInt64) COMMENT 'procedures of dossiers received, with what any of these has',
  spans Array(Date) COMMENT 'of dossiers whose first of closing and passing is here: the days of the second',
  spans_passed Array(Date) COMMENT 'of those that pass first',
  spans_closed_late Array(Date) COMMENT 'of those that close first and count as late',
  received_hours Array(UInt8) COMMENT 'of each dossier received on the day the hour of Vietnam; the next three alike',
  completed_hours Array(UInt8),
  late_hours Array(UInt8),
  returned_hours Array(UInt8),
  work Array(UInt64) COMMENT 'of dossiers settled on the day: nets, net_s, steps_due, steps_early, steps_in_time',
  lags_s Map(UInt32, UInt32) COMMENT 'of dossiers given back on the day: how many lay ready how long',
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (unit, day)
SETTINGS index_granularity = 256, min_age_to_force_merge_seconds = 3600,
  min_age_to_force_merge_on_partition_only = 1;

-- The same by month, its first day standing for it; of the spans only those that reach beyond the month after next.
CREATE TABLE IF NOT EXISTS months_of_dossiers (
  month Date,
  unit LowCardinality(String),
  marks Array(UInt32),
  cases Map(UInt64, UInt32),
  spans Array(Date),
  spans_passed Array(Date),
  spans_closed_late Array(Date),
  work Array(UInt64),
  lags_s Map(UInt32, UInt32),
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (unit, month)
SETTINGS index_granularity = 256;

-- What each row of dossier_days counts for on its day, of what came before an instant `until`.
-- (In layers, for what is named within one is worked out at each use.)
CREATE VIEW IF NOT EXISTS dossier_marks AS
SELECT
  *,
  [
    is_accepted, -- accepted
    is_accepted AND again, -- accepted_again
    is_closed, -- closed
    is_closed AND again, -- closed_again
    is_closed AND late, -- closed_late
    is_passed, -- passed
    is_passed AND passes_first AND judged AND NOT again, -- late_since
    is_closed AND passes_first AND judged AND NOT again, -- late_until
    is_passed AND passes_first AND judged, -- passed_open
    is_closed AND passes_first AND judged, -- closed_passed
    is_passed AND closed_on = '2100-01-01' AND judged, -- passed_never_closed
    is_closed AND closes_first AND late AND does_both, -- closed_early_late
    is_passed AND closes_first AND late, -- passed_early_late
    does_both AND if(closes_first, is_closed, is_passed), -- first
    does_both AND if(closes_first, is_passed, is_closed) -- second
  ] AS marks,
  arrayFilter(
    key -> key > 0,
    [
      if(is_received, bitShiftLeft(1::UInt64, 56) + attributes, 0), -- received
      if(is_accepted, bitShiftLeft(2::UInt64, 56) + attributes, 0), -- accepted
      if(is_closed AND completed, bitShiftLeft(3::UInt64, 56) + attributes, 0), -- settled
      if(is_returned, bitShiftLeft(4::UInt64, 56) + attributes, 0), -- returned
      if(is_passed, bitShiftLeft(5::UInt64, 56) + attributes, 0) -- passed
    ]
  ) AS keys,
  mapFromArrays(keys, arrayWithConstant(length(keys), 1::UInt32)) AS cases,
  if(
    is_closed AND completed,
    [toUInt64(net_s IS NOT NULL), toUInt64(ifNull(net_s, 0)), steps_due, steps_early, steps_in_time],
    arrayWithConstant(5, 0::UInt64)
  ) AS work,
  -- To the minute below a day, to the hour beyond, rounded up.
  if(
    is_returned AND lag_s IS NOT NULL,
    map(
      if(lag_s <= 86400, intDiv(assumeNotNull(lag_s) + 59, 60) * 60, intDiv(assumeNotNull(lag_s) + 3599, 3600) * 3600)::UInt32,
      1::UInt32
    ),
    CAST(map(), 'Map(UInt32, UInt32)')
  ) AS lags_s
FROM
(
  SELECT
    *,
    passes_at < closed_at AS passes_first,
    closed_at < passes_at AS closes_first,
    again OR NOT waits AS judged,
    closed_on < '2100-01-01' AND passes_on < '2100-01-01' AS does_both,
    received_on = day AND received_at < {until:DateTime64(3, 'UTC')} AS is_received,
    accepted_on = day AND accepted_at < {until:DateTime64(3, 'UTC')} AS is_accepted,
    returned_on = day AND returned_at < {until:DateTime64(3, 'UTC')} AS is_returned,
    closed_on = day AND closed_at < {until:DateTime64(3, 'UTC')} AS is_closed,
    passes_on = day AND passes_at < {until:DateTime64(3, 'UTC')} AS is_passed
  FROM
  (
    SELECT
      day, unit, received_at, accepted_at, ended_at, returned_at, due_at, completed, late, attributes,
      procedure, net_s, lag_s, steps_due, steps_early, steps_in_time, version,
      again, waits, received_on, accepted_on, ended_on, returned_on, due_on, closed_on, passes_on,
      closed_at, passes_at, least(closed_on, passes_on) AS first_on, greatest(closed_on, passes_on) AS second_on
    FROM dossier_days FINAL
  )
);
