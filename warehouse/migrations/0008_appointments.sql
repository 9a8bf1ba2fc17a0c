-- Appointments: what has none is neither on time nor late; days are those of the zone of the unit's calendar; a definition
-- makes anew what it can change.

-- In which zone (IANA) the hours of a calendar are told; Vietnam's where nothing is said.
CREATE TABLE IF NOT EXISTS calendar_zones (
  calendar String,
  zone LowCardinality(String),
  as_of DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of) ORDER BY calendar;

ALTER TABLE unit_calendars ADD COLUMN IF NOT EXISTS zone LowCardinality(String) DEFAULT 'Asia/Ho_Chi_Minh';

-- Whether a dossier's row was made from its newest fold.
ALTER TABLE dossiers ADD COLUMN IF NOT EXISTS folded UInt64 COMMENT 'version of the fold that it was made from';

-- The rules that dossiers are counted by (a unit's calendar, a procedure's terms, a calendar's day), as a hash: those that all
-- stored dossiers were made from, and those that a batch found changed. Good for the flush at hand, as `touched` is.
CREATE TABLE IF NOT EXISTS applied_rules (
  kind LowCardinality(String) COMMENT 'unit, procedure or day (of a calendar)',
  name String,
  day Date32,
  made_from UInt64
)
ENGINE = ReplacingMergeTree ORDER BY (kind, name, day);

CREATE TABLE IF NOT EXISTS rule_changes (
  batch UInt64,
  kind LowCardinality(String),
  name String,
  day Date32,
  made_from UInt64,
  found_at DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(found_at)
ORDER BY (batch, kind, name)
TTL found_at + INTERVAL 1 DAY
SETTINGS ttl_only_drop_parts = 1;

-- What each row of dossier_days counts for on its day, of what came before an instant `until`: as dossier_marks, with the
-- lateness of contract/lateness.py, which asks for an appointment. (In layers, for what is named within one is worked out at each use.)
CREATE VIEW IF NOT EXISTS marks_of_dossiers AS
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
    does_both AND if(closes_first, is_passed, is_closed), -- second
    is_accepted AND appointed, -- accepted_appointed
    is_closed AND appointed, -- closed_appointed
    again AND if(passes_first, is_passed, is_closed) -- again_first
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
      bitTest(attributes, 50) AS appointed, -- appointed
      appointed AND bitTest(attributes, 20) AS again, -- supplemented_again
      waits, received_on, accepted_on, ended_on, returned_on, due_on, closed_on, passes_on,
      closed_at, passes_at, least(closed_on, passes_on) AS first_on, greatest(closed_on, passes_on) AS second_on
    FROM dossier_days FINAL
  )
);

-- What was stored before is brought up to the same rule: all from dossiers on, each from the one before. A row of the same
-- version takes the place of the former, and one that the stream made since has another.
INSERT INTO dossiers
SELECT * REPLACE
(
  bitOr(
    bitAnd(attributes, bitNot(bitShiftLeft(3::UInt64, 50))),
    bitShiftLeft((due_at IS NOT NULL)::UInt64, 50) -- appointed
    + bitShiftLeft((accepted_at IS NOT NULL AND due_at IS NULL AND procedure IN (
    SELECT procedure FROM
    (SELECT procedure, term FROM procedures FINAL WHERE NOT abolished ORDER BY as_of DESC LIMIT 1 BY procedure)
    WHERE term > 0
  ))::UInt64, 51) -- uncounted
  ) AS attributes
)
FROM dossiers FINAL;

INSERT INTO dossier_days
SELECT * REPLACE
(
  late AND due_at < '2100-01-01' AS late,
  bitOr(
    bitAnd(attributes, bitNot(bitShiftLeft(3::UInt64, 50))),
    bitShiftLeft((due_at < '2100-01-01')::UInt64, 50) -- appointed
    + bitShiftLeft((accepted_at < '2100-01-01' AND due_at >= '2100-01-01' AND procedure IN (
    SELECT procedure FROM
    (SELECT procedure, term FROM procedures FINAL WHERE NOT abolished ORDER BY as_of DESC LIMIT 1 BY procedure)
    WHERE term > 0
  ))::UInt64, 51) -- uncounted
  ) AS attributes
)
FROM dossier_days FINAL
SETTINGS max_partitions_per_insert_block = 0;

INSERT INTO days_of_dossiers
SELECT
  day, unit, sumForEach(marks), sumMap(cases),
  groupBitOrMapIf(map(procedure, attributes), is_received AND procedure != ''),
  arraySort(groupArrayIf(second_on, spans)),
  arraySort(groupArrayIf(second_on, spans AND passes_first AND judged)),
  arraySort(groupArrayIf(second_on, spans AND closes_first AND late)),
  arraySort(groupArrayIf(toHour(received_at, 'Asia/Ho_Chi_Minh'), is_received)),
  arraySort(groupArrayIf(toHour(ended_at, 'Asia/Ho_Chi_Minh'), completed AND ended_on = day)),
  arraySort(groupArrayIf(toHour(ended_at, 'Asia/Ho_Chi_Minh'), completed AND ended_on = day AND late)),
  arraySort(groupArrayIf(toHour(returned_at, 'Asia/Ho_Chi_Minh'), returned_on = day)),
  sumForEach(work), sumMap(lags_s),
  sum(version)
FROM
(
  SELECT *, does_both AND first_on = day AND second_on > day AS spans
  FROM marks_of_dossiers(until = toDateTime64('2100-01-01 00:00:00', 3, 'UTC'))
)
GROUP BY day, unit
SETTINGS max_partitions_per_insert_block = 0, optimize_aggregation_in_order = 1;

INSERT INTO months_of_dossiers
SELECT
  toStartOfMonth(day) AS month, unit, sumForEach(marks), sumMap(cases),
  arraySort(arrayFilter(second_on -> second_on >= addMonths(month, 2), groupArrayArray(spans))),
  arraySort(arrayFilter(second_on -> second_on >= addMonths(month, 2), groupArrayArray(spans_passed))),
  arraySort(arrayFilter(second_on -> second_on >= addMonths(month, 2), groupArrayArray(spans_closed_late))),
  sumForEach(work), sumMap(lags_s),
  sum(version)
FROM days_of_dossiers FINAL
GROUP BY month, unit;

-- Petitions whose unit's calendar does not tell by when they are due.
INSERT INTO petitions
SELECT * REPLACE (bitOr(attributes, bitShiftLeft((counted_at IS NULL)::UInt64, 6)) AS attributes) -- undated
FROM petitions FINAL;
