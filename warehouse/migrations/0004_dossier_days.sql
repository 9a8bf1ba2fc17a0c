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
  online Bool,
  supplements UInt8,
  completed Bool COMMENT 'its end is a result or its return',
  early Bool COMMENT 'it ended before the day of its appointment',
  late Bool COMMENT 'it ended after its appointment, or papers were asked for twice; never when withdrawn',
  waiting Bool COMMENT 'its clock stands since before its appointment, which therefore cannot pass',
  version UInt64,
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
SETTINGS index_granularity = 1024;

-- Days on which a dossier was ever due: they are made anew with it, so that nothing stays where it was due before.
CREATE TABLE IF NOT EXISTS due_days (dossier String CODEC(ZSTD(1)), day Date)
ENGINE = ReplacingMergeTree
ORDER BY (dossier, day)
SETTINGS index_granularity = 256;

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
-- from whole months, however long it is. `first` and `second` are the two of closing and passing its appointment, in
-- the order in which they come.
--
-- With B(x) the sum of x over all days before the period's start, E(x) before its end, and P(x) = E(x) - B(x):
--   open                E(accepted) - E(closed)
--   of those late       E(accepted_again) - E(closed_again) + E(late_since) - E(late_until)
--   due or ended        P(passed) + P(closed) - both
--   both                E(second) - B(first) + spanning
--   of those late       P(closed_late)
--                       + E(passed_before_end) - E(ended_after_passing) - B(passed_never_ended) - spanning_judged
--                       + B(ended_late_before_due) - B(due_after_late_end) - spanning_ended
-- `spanning` are dossiers whose first comes before the period and whose second after it: `spans…` say on which day the
-- second of those comes whose first is here.
CREATE TABLE IF NOT EXISTS days_of_dossiers (
  day Date,
  unit LowCardinality(String),
  received UInt32,
  received_online UInt32,
  accepted UInt32,
  accepted_supplemented UInt32,
  accepted_again UInt32 COMMENT 'accepted, papers asked for more than once',
  settled UInt32,
  settled_early UInt32,
  closed UInt32,
  closed_again UInt32,
  closed_late UInt32,
  passed UInt32,
  late_since UInt32,
  late_until UInt32,
  passed_before_end UInt32,
  passed_never_ended UInt32,
  ended_after_passing UInt32,
  ended_late_before_due UInt32,
  due_after_late_end UInt32,
  first UInt32,
  second UInt32,
  spans Array(Date),
  spans_judged Array(Date),
  spans_ended Array(Date),
  received_hours Array(UInt8) COMMENT 'of each dossier received on the day the hour of Vietnam; the next three alike',
  completed_hours Array(UInt8),
  late_hours Array(UInt8),
  returned_hours Array(UInt8),
  version UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (day, unit)
SETTINGS index_granularity = 256;

-- The same by month, its first day standing for it; of the spans only those that reach beyond the month after next.
CREATE TABLE IF NOT EXISTS months_of_dossiers AS days_of_dossiers
ENGINE = ReplacingMergeTree(version)
ORDER BY (day, unit)
SETTINGS index_granularity = 256;

-- The rows of days counted, of what came before an instant `until`; the columns are those of days_of_dossiers.
CREATE VIEW IF NOT EXISTS dossier_days_counted AS
SELECT
  day,
  unit,
  countIf(is_received) AS received,
  countIf(is_received AND online) AS received_online,
  countIf(is_accepted) AS accepted,
  countIf(is_accepted AND supplements > 0) AS accepted_supplemented,
  countIf(is_accepted AND supplements > 1) AS accepted_again,
  countIf(is_closed AND completed) AS settled,
  countIf(is_closed AND completed AND early) AS settled_early,
  countIf(is_closed) AS closed,
  countIf(is_closed AND supplements > 1) AS closed_again,
  countIf(is_closed AND late) AS closed_late,
  countIf(is_passed) AS passed,
  countIf(is_passed AND passes_first AND judged AND supplements <= 1) AS late_since,
  countIf(is_closed AND passes_first AND judged AND supplements <= 1) AS late_until,
  countIf(is_passed AND passes_first AND judged) AS passed_before_end,
  countIf(is_passed AND NOT has_closed AND judged) AS passed_never_ended,
  countIf(is_closed AND passes_first AND judged) AS ended_after_passing,
  countIf(is_closed AND closes_first AND has_passed AND late) AS ended_late_before_due,
  countIf(is_passed AND closes_first AND late) AS due_after_late_end,
  countIf(has_closed AND has_passed AND if(closes_first, is_closed, is_passed)) AS first,
  countIf(has_closed AND has_passed AND if(closes_first, is_passed, is_closed)) AS second,
  arraySort(groupArrayIf(second_day, is_spanning)) AS spans,
  arraySort(groupArrayIf(second_day, is_spanning AND passes_first AND judged)) AS spans_judged,
  arraySort(groupArrayIf(second_day, is_spanning AND closes_first AND late)) AS spans_ended,
  arraySort(groupArrayIf(toHour(received_at, 'Asia/Ho_Chi_Minh'), is_received)) AS received_hours,
  arraySort(groupArrayIf(toHour(ended_at, 'Asia/Ho_Chi_Minh'), is_completed)) AS completed_hours,
  arraySort(groupArrayIf(toHour(ended_at, 'Asia/Ho_Chi_Minh'), is_completed AND late)) AS late_hours,
  arraySort(groupArrayIf(toHour(returned_at, 'Asia/Ho_Chi_Minh'), returned_on = day)) AS returned_hours,
  sum(version) AS version
FROM
(
  SELECT
    *,
    returned_on,
    received_on = day AND received_at < {until:DateTime64(3, 'UTC')} AS is_received,
    accepted_on = day AND accepted_at < {until:DateTime64(3, 'UTC')} AS is_accepted,
    closed_on = day AND closed_at < {until:DateTime64(3, 'UTC')} AS is_closed,
    passes_on = day AND passes_at < {until:DateTime64(3, 'UTC')} AS is_passed,
    completed AND ended_on = day AS is_completed,
    closed_at < passes_at AS closes_first,
    passes_at < closed_at AS passes_first,
    closed_on < '2100-01-01' AS has_closed,
    passes_on < '2100-01-01' AS has_passed,
    supplements > 1 OR NOT waiting AS judged,
    greatest(closed_on, passes_on) AS second_day,
    least(closed_on, passes_on) = day AND second_day > day AND second_day < '2100-01-01' AS is_spanning
  FROM dossier_days FINAL
)
GROUP BY day, unit;
