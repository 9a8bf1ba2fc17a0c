-- All tables and views as the migrations leave them, by name. Written by `python -m warehouse.schema`; a test compares
-- it with a migrated database. To change a table, add a migration.

CREATE TABLE applied_rules
(
    `kind` LowCardinality(String) COMMENT 'unit, procedure or day (of a calendar)',
    `name` String,
    `day` Date32,
    `made_from` UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (kind, name, day)
SETTINGS index_granularity = 8192;

CREATE TABLE calendar_days
(
    `calendar` String,
    `day` Date32,
    `opens` Array(DateTime('UTC')),
    `closes` Array(DateTime('UTC')),
    `worked_s` Int64,
    `worked_before_s` Int64,
    `day_number` UInt32,
    `next_day` Date32 COMMENT 'the first working day after it; 1970-01-01 beyond the last',
    `end_s` Int64 COMMENT 'working seconds up to the end of the first working day from it on; -1 beyond the last'
)
ENGINE = ReplacingMergeTree
ORDER BY (calendar, day)
SETTINGS index_granularity = 8192;

CREATE TABLE calendar_zones
(
    `calendar` String,
    `zone` LowCardinality(String),
    `as_of` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY calendar
SETTINGS index_granularity = 8192;

CREATE TABLE capabilities
(
    `unit` String,
    `said_at` DateTime64(3, 'UTC'),
    `event_id` UUID,
    `digitises` Nullable(Bool),
    `certifies` Nullable(Bool),
    `results` Nullable(UInt64),
    `digitised` Nullable(UInt64),
    `source` LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (unit, said_at, event_id)
SETTINGS index_granularity = 8192;

CREATE TABLE days_of_dossiers
(
    `day` Date,
    `unit` LowCardinality(String),
    `marks` Array(UInt32) COMMENT 'sums of the marks of dossier_marks',
    `cases` Map(UInt64, UInt32) COMMENT 'how many dossiers took which step with which attributes (contract/cohorts.py)',
    `used` Map(LowCardinality(String), UInt64) COMMENT 'procedures of dossiers received, with what any of these has',
    `spans` Array(Date) COMMENT 'of dossiers whose first of closing and passing is here: the days of the second',
    `spans_passed` Array(Date) COMMENT 'of those that pass first',
    `spans_closed_late` Array(Date) COMMENT 'of those that close first and count as late',
    `received_hours` Array(UInt8) COMMENT 'of each dossier received on the day the hour of Vietnam; the next three alike',
    `completed_hours` Array(UInt8),
    `late_hours` Array(UInt8),
    `returned_hours` Array(UInt8),
    `work` Array(UInt64) COMMENT 'of dossiers settled on the day: nets, net_s, steps_due, steps_early, steps_in_time',
    `lags_s` Map(UInt32, UInt32) COMMENT 'of dossiers given back on the day: how many lay ready how long',
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (unit, day)
SETTINGS index_granularity = 256, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE TABLE dossier_days
(
    `day` Date,
    `unit` LowCardinality(String),
    `dossier` String CODEC(ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `accepted_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `returned_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `due_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `late_after` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `completed` Bool COMMENT 'its end is a result or its return',
    `late` Bool COMMENT 'it ended after its appointment, or papers were asked for twice; never when withdrawn',
    `attributes` UInt64 COMMENT 'bits in the order of contract/cohorts.py',
    `procedure` LowCardinality(String),
    `net_s` Nullable(UInt32),
    `lag_s` Nullable(UInt32) COMMENT 'for how long its result lay ready before it was given back',
    `steps_due` UInt16,
    `steps_early` UInt16,
    `steps_in_time` UInt16,
    `version` UInt64,
    `again` Bool ALIAS bitTest(attributes, 20),
    `waits` Bool ALIAS bitTest(attributes, 29),
    `closed_at` DateTime64(3, 'UTC') ALIAS greatest(accepted_at, ended_at),
    `passes_at` DateTime64(3, 'UTC') ALIAS greatest(accepted_at, late_after),
    `received_on` Date MATERIALIZED toDate(received_at, 'Asia/Ho_Chi_Minh'),
    `accepted_on` Date MATERIALIZED toDate(accepted_at, 'Asia/Ho_Chi_Minh'),
    `ended_on` Date MATERIALIZED toDate(ended_at, 'Asia/Ho_Chi_Minh'),
    `returned_on` Date MATERIALIZED toDate(returned_at, 'Asia/Ho_Chi_Minh'),
    `due_on` Date MATERIALIZED toDate(due_at, 'Asia/Ho_Chi_Minh'),
    `closed_on` Date MATERIALIZED toDate(greatest(accepted_at, ended_at), 'Asia/Ho_Chi_Minh'),
    `passes_on` Date MATERIALIZED toDate(greatest(accepted_at, late_after), 'Asia/Ho_Chi_Minh')
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(day)
ORDER BY (day, unit, dossier)
SETTINGS index_granularity = 128, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE TABLE dossier_events
(
    `dossier` String CODEC(ZSTD(1)),
    `occurred_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `event_id` UUID,
    `type` LowCardinality(String),
    `source` LowCardinality(String),
    `unit` LowCardinality(String),
    `procedure` LowCardinality(String),
    `channel` LowCardinality(String),
    `staff` LowCardinality(String),
    `counter` LowCardinality(String),
    `due_at` Nullable(DateTime64(3, 'UTC')),
    `attributes` UInt64 COMMENT 'what it tells of the dossier: bits in the order of contract/cohorts.py',
    `by_applicant` Bool COMMENT 'papers are asked for by the fault of the applicant',
    `step` LowCardinality(String) COMMENT 'a step with a time set: early (before that day), in_time or late',
    `precedence` UInt64 CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
PRIMARY KEY dossier
ORDER BY (dossier, toStartOfHour(occurred_at), event_id, unit, type)
SETTINGS index_granularity = 128, min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 134217728;

CREATE TABLE dossier_folds
(
    `dossier` String CODEC(ZSTD(1)),
    `source` LowCardinality(String),
    `unit` LowCardinality(String),
    `procedure` LowCardinality(String),
    `channel` LowCardinality(String),
    `staff` LowCardinality(String),
    `counter` LowCardinality(String),
    `received_at` Nullable(DateTime64(3, 'UTC')),
    `accepted_at` Nullable(DateTime64(3, 'UTC')),
    `completed_at` Nullable(DateTime64(3, 'UTC')),
    `returned_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `ending` LowCardinality(String),
    `supplements` UInt16,
    `paused_since` Nullable(DateTime64(3, 'UTC')),
    `pauses` Array(Tuple(
        DateTime64(3, 'UTC'),
        DateTime64(3, 'UTC'))),
    `given_due_at` Nullable(DateTime64(3, 'UTC')),
    `given_at` Nullable(DateTime64(3, 'UTC')),
    `apologised_at` Nullable(DateTime64(3, 'UTC')),
    `steps_due` UInt16,
    `steps_early` UInt16,
    `steps_in_time` UInt16,
    `attributes` UInt64,
    `units` Array(LowCardinality(String)),
    `days` Array(Date),
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY dossier
SETTINGS index_granularity = 128;

CREATE VIEW dossier_marks
AS SELECT
    *,
    [is_accepted, is_accepted AND again, is_closed, is_closed AND again, is_closed AND late, is_passed, is_passed AND passes_first AND judged AND (NOT again), is_closed AND passes_first AND judged AND (NOT again), is_passed AND passes_first AND judged, is_closed AND passes_first AND judged, is_passed AND (closed_on = '2100-01-01') AND judged, is_closed AND closes_first AND late AND does_both, is_passed AND closes_first AND late, does_both AND if(closes_first, is_closed, is_passed), does_both AND if(closes_first, is_passed, is_closed)] AS marks,
    arrayFilter(key -> (key > 0), [if(is_received, bitShiftLeft(CAST('1', 'UInt64'), 56) + attributes, 0), if(is_accepted, bitShiftLeft(CAST('2', 'UInt64'), 56) + attributes, 0), if(is_closed AND completed, bitShiftLeft(CAST('3', 'UInt64'), 56) + attributes, 0), if(is_returned, bitShiftLeft(CAST('4', 'UInt64'), 56) + attributes, 0), if(is_passed, bitShiftLeft(CAST('5', 'UInt64'), 56) + attributes, 0)]) AS keys,
    mapFromArrays(keys, arrayWithConstant(length(keys), CAST('1', 'UInt32'))) AS cases,
    if(is_closed AND completed, [toUInt64(net_s IS NOT NULL), toUInt64(ifNull(net_s, 0)), steps_due, steps_early, steps_in_time], arrayWithConstant(5, CAST('0', 'UInt64'))) AS work,
    if(is_returned AND (lag_s IS NOT NULL), map(CAST(if(lag_s <= 86400, intDiv(assumeNotNull(lag_s) + 59, 60) * 60, intDiv(assumeNotNull(lag_s) + 3599, 3600) * 3600), 'UInt32'), CAST('1', 'UInt32')), CAST(map(), 'Map(UInt32, UInt32)')) AS lags_s
FROM
(
    SELECT
        *,
        passes_at < closed_at AS passes_first,
        closed_at < passes_at AS closes_first,
        again OR (NOT waits) AS judged,
        (closed_on < '2100-01-01') AND (passes_on < '2100-01-01') AS does_both,
        (received_on = day) AND (received_at < {until:DateTime64(3, 'UTC')}) AS is_received,
        (accepted_on = day) AND (accepted_at < {until:DateTime64(3, 'UTC')}) AS is_accepted,
        (returned_on = day) AND (returned_at < {until:DateTime64(3, 'UTC')}) AS is_returned,
        (closed_on = day) AND (closed_at < {until:DateTime64(3, 'UTC')}) AS is_closed,
        (passes_on = day) AND (passes_at < {until:DateTime64(3, 'UTC')}) AS is_passed
    FROM
    (
        SELECT
            day,
            unit,
            received_at,
            accepted_at,
            ended_at,
            returned_at,
            due_at,
            completed,
            late,
            attributes,
            procedure,
            net_s,
            lag_s,
            steps_due,
            steps_early,
            steps_in_time,
            version,
            again,
            waits,
            received_on,
            accepted_on,
            ended_on,
            returned_on,
            due_on,
            closed_on,
            passes_on,
            closed_at,
            passes_at,
            least(closed_on, passes_on) AS first_on,
            greatest(closed_on, passes_on) AS second_on
        FROM dossier_days
        FINAL
    )
);

CREATE TABLE dossiers
(
    `dossier` String CODEC(ZSTD(1)),
    `source` LowCardinality(String),
    `unit` LowCardinality(String),
    `procedure` LowCardinality(String),
    `channel` LowCardinality(String),
    `staff` LowCardinality(String),
    `counter` LowCardinality(String),
    `received_at` Nullable(DateTime64(3, 'UTC')),
    `accepted_at` Nullable(DateTime64(3, 'UTC')),
    `completed_at` Nullable(DateTime64(3, 'UTC')),
    `returned_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `ending` LowCardinality(String),
    `supplements` UInt16,
    `paused_since` Nullable(DateTime64(3, 'UTC')),
    `due_at` Nullable(DateTime64(3, 'UTC')),
    `early_before` Nullable(DateTime64(3, 'UTC')),
    `late_after` Nullable(DateTime64(3, 'UTC')),
    `net_s` Nullable(UInt32) COMMENT 'working seconds from acceptance to the end, without the time its clock stood',
    `steps_due` UInt16 COMMENT 'steps with a time set; the next two: done before that day, and on it in time',
    `steps_early` UInt16,
    `steps_in_time` UInt16,
    `attributes` UInt64 COMMENT 'bits in the order of contract/cohorts.py',
    `units` Array(LowCardinality(String)),
    `days` Array(Date),
    `version` UInt64,
    `folded` UInt64 COMMENT 'version of the fold that it was made from'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY dossier
SETTINGS index_granularity = 128;

CREATE MATERIALIZED VIEW dossiers_to_due_days TO due_days
(
    `dossier` String,
    `day` Nullable(Date)
)
AS SELECT
    dossier,
    toDate(late_after, 'Asia/Ho_Chi_Minh') AS day
FROM dossiers
WHERE late_after < toDateTime64('2100-01-01 00:00:00', 3, 'UTC');

CREATE TABLE due_days
(
    `dossier` String CODEC(ZSTD(1)),
    `day` Date
)
ENGINE = ReplacingMergeTree
ORDER BY (dossier, day)
SETTINGS index_granularity = 128;

CREATE TABLE events
(
    `event_id` UUID,
    `type` LowCardinality(String),
    `source` LowCardinality(String),
    `unit` LowCardinality(String),
    `subject` String CODEC(ZSTD(1)),
    `occurred_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `recorded_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `sender` LowCardinality(String),
    `body` String CODEC(ZSTD(1)),
    `precedence` UInt64 MATERIALIZED 18446744073709551615 - toUnixTimestamp64Milli(recorded_at) CODEC(Delta(8), ZSTD(1))
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (unit, toStartOfHour(occurred_at), type, event_id)
SETTINGS index_granularity = 1024, min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 134217728, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE VIEW events_of_touched_hours
AS SELECT
    event_id,
    type,
    source,
    unit,
    subject,
    occurred_at,
    body,
    precedence
FROM events
WHERE (unit, toStartOfHour(occurred_at)) IN (
    SELECT
        unit,
        hour
    FROM touched
    WHERE (batch IN ({batches:Array(UInt64)})) AND (kind IN ('hour', 'rated_hour'))
);

CREATE TABLE heartbeats
(
    `device` String,
    `seen_at` DateTime64(3, 'UTC'),
    `body` String
)
ENGINE = ReplacingMergeTree(seen_at)
ORDER BY device
SETTINGS index_granularity = 8192;

CREATE TABLE hours_of_events
(
    `unit` LowCardinality(String),
    `hour` DateTime('UTC'),
    `events` UInt32,
    `by_source` Map(String, UInt32),
    `delays_s` Map(UInt32, UInt32),
    `recorded_at` DateTime64(3, 'UTC'),
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192;

CREATE TABLE hours_of_ratings
(
    `unit` LowCardinality(String),
    `hour` DateTime('UTC'),
    `answered` UInt32,
    `satisfied` UInt32,
    `very_answered` UInt32,
    `very_satisfied` UInt32,
    `explained` UInt32 COMMENT 'satisfied, or with a reason that is known',
    `blamed` Map(LowCardinality(String), UInt32) COMMENT 'how many name a reason of which factor (contract/reasons.yaml)',
    `offices_answers` UInt32 COMMENT 'answers to item 4 of Decree 61',
    `offices_points` UInt32,
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192;

CREATE TABLE hours_of_tickets
(
    `unit` LowCardinality(String),
    `hour` DateTime('UTC'),
    `issued` UInt32,
    `called` UInt32,
    `called_in_time` UInt32,
    `served` UInt32,
    `abandoned` UInt32,
    `waits_s` Map(UInt32, UInt32),
    `handlings` UInt32,
    `handled_s` UInt64,
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192;

CREATE TABLE landing
(
    `batch` UInt64,
    `line` String,
    `from_store` Bool DEFAULT false
)
ENGINE = `Null`;

CREATE MATERIALIZED VIEW landing_to_parsed TO parsed
(
    `batch` UInt64,
    `body` String,
    `from_store` Bool,
    `readable` UInt8,
    `complains` UInt8,
    `is_replacement` UInt8,
    `event_id` UUID,
    `type` LowCardinality(String),
    `source` LowCardinality(String),
    `unit` String,
    `subject` String,
    `occurred_at` DateTime64(3, 'UTC'),
    `recorded_at` DateTime64(3, 'UTC'),
    `precedence` Int64,
    `sender` LowCardinality(String),
    `data` Tuple(
        unit String,
        channel String,
        scale String,
        score Int8,
        reasons Array(String),
        device String,
        counter String,
        staff String,
        procedure String,
        dossier String,
        ticket String,
        due_at String,
        new_due String,
        via_vneid Bool,
        territory_unit String,
        accept_due String,
        by_fault String,
        electronic Bool,
        signed Bool,
        archived Bool,
        online Bool,
        amount_vnd Nullable(Int64),
        source String,
        step_due String,
        finished_at String,
        answers Map(String, Int8),
        replaces Tuple(id String))
)
AS SELECT
    batch,
    line AS body,
    from_store,
    isValidUTF8(line) AND (envelope.id != toUUID('00000000-0000-0000-0000-000000000000')) AND (envelope.type != '') AND (envelope.subject != '') AND (envelope.data.unit != '') AND (envelope.sender != '') AND coalesce(((toYear(happened_at) >= 2000) AND (toYear(happened_at) <= 2099)) AND ((toYear(admitted_at) >= 2000) AND (toYear(admitted_at) <= 2099)), false) AND ((envelope.type != 'rating.submitted') OR ((envelope.data.score >= transform(envelope.data.scale, ['csat3', 'csat4', 'csat5', 'binary', 'star5', 'nd61'], [1, 1, 1, 0, 1, 0], 127)) AND (envelope.data.score <= transform(envelope.data.scale, ['csat3', 'csat4', 'csat5', 'binary', 'star5', 'nd61'], [3, 4, 5, 1, 5, 2], 0)))) AS readable,
    (envelope.data.dossier != '') AND ((envelope.type = 'petition.received') OR ((envelope.type = 'rating.submitted') AND (envelope.data.score < transform(envelope.data.scale, ['csat3', 'csat4', 'csat5', 'binary', 'star5', 'nd61'], [2, 3, 4, 1, 4, 1], 0)))) AS complains,
    (envelope.type = 'rating.submitted') AND (envelope.data.replaces.id != '') AND (envelope.data.dossier != '') AS is_replacement,
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
        JSONExtract(line, 'Tuple(id UUID, type LowCardinality(String), source LowCardinality(String), subject String, time String, recordedtime String, sender LowCardinality(String), data Tuple(unit String, channel String, scale String, score Int8, reasons Array(String), device String, counter String, staff String, procedure String, dossier String, ticket String, due_at String, new_due String, via_vneid Bool, territory_unit String, accept_due String, by_fault String, electronic Bool, signed Bool, archived Bool, online Bool, amount_vnd Nullable(Int64), source String, step_due String, finished_at String, answers Map(String, Int8), replaces Tuple(id String)))') AS envelope,
        parseDateTime64BestEffortOrNull(envelope.time, 3, 'UTC') AS happened_at,
        parseDateTime64BestEffortOrNull(envelope.recordedtime, 3, 'UTC') AS admitted_at
    FROM landing
);

CREATE VIEW marks_of_dossiers
AS SELECT
    *,
    [is_accepted, is_accepted AND again, is_closed, is_closed AND again, is_closed AND late, is_passed, is_passed AND passes_first AND judged AND (NOT again), is_closed AND passes_first AND judged AND (NOT again), is_passed AND passes_first AND judged, is_closed AND passes_first AND judged, is_passed AND (closed_on = '2100-01-01') AND judged, is_closed AND closes_first AND late AND does_both, is_passed AND closes_first AND late, does_both AND if(closes_first, is_closed, is_passed), does_both AND if(closes_first, is_passed, is_closed), is_accepted AND appointed, is_closed AND appointed, again AND if(passes_first, is_passed, is_closed)] AS marks,
    arrayFilter(key -> (key > 0), [if(is_received, bitShiftLeft(CAST('1', 'UInt64'), 56) + attributes, 0), if(is_accepted, bitShiftLeft(CAST('2', 'UInt64'), 56) + attributes, 0), if(is_closed AND completed, bitShiftLeft(CAST('3', 'UInt64'), 56) + attributes, 0), if(is_returned, bitShiftLeft(CAST('4', 'UInt64'), 56) + attributes, 0), if(is_passed, bitShiftLeft(CAST('5', 'UInt64'), 56) + attributes, 0)]) AS keys,
    mapFromArrays(keys, arrayWithConstant(length(keys), CAST('1', 'UInt32'))) AS cases,
    if(is_closed AND completed, [toUInt64(net_s IS NOT NULL), toUInt64(ifNull(net_s, 0)), steps_due, steps_early, steps_in_time], arrayWithConstant(5, CAST('0', 'UInt64'))) AS work,
    if(is_returned AND (lag_s IS NOT NULL), map(CAST(if(lag_s <= 86400, intDiv(assumeNotNull(lag_s) + 59, 60) * 60, intDiv(assumeNotNull(lag_s) + 3599, 3600) * 3600), 'UInt32'), CAST('1', 'UInt32')), CAST(map(), 'Map(UInt32, UInt32)')) AS lags_s
FROM
(
    SELECT
        *,
        passes_at < closed_at AS passes_first,
        closed_at < passes_at AS closes_first,
        again OR (NOT waits) AS judged,
        (closed_on < '2100-01-01') AND (passes_on < '2100-01-01') AS does_both,
        (received_on = day) AND (received_at < {until:DateTime64(3, 'UTC')}) AS is_received,
        (accepted_on = day) AND (accepted_at < {until:DateTime64(3, 'UTC')}) AS is_accepted,
        (returned_on = day) AND (returned_at < {until:DateTime64(3, 'UTC')}) AS is_returned,
        (closed_on = day) AND (closed_at < {until:DateTime64(3, 'UTC')}) AS is_closed,
        (passes_on = day) AND (passes_at < {until:DateTime64(3, 'UTC')}) AS is_passed
    FROM
    (
        SELECT
            day,
            unit,
            received_at,
            accepted_at,
            ended_at,
            returned_at,
            due_at,
            completed,
            late,
            attributes,
            procedure,
            net_s,
            lag_s,
            steps_due,
            steps_early,
            steps_in_time,
            version,
            bitTest(attributes, 50) AS appointed,
            appointed AND bitTest(attributes, 20) AS again,
            waits,
            received_on,
            accepted_on,
            ended_on,
            returned_on,
            due_on,
            closed_on,
            passes_on,
            closed_at,
            passes_at,
            least(closed_on, passes_on) AS first_on,
            greatest(closed_on, passes_on) AS second_on
        FROM dossier_days
        FINAL
    )
);

CREATE TABLE migrations
(
    `name` String,
    `applied_at` DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
ORDER BY name
SETTINGS index_granularity = 8192;

CREATE TABLE months_of_dossiers
(
    `month` Date,
    `unit` LowCardinality(String),
    `marks` Array(UInt32),
    `cases` Map(UInt64, UInt32),
    `spans` Array(Date),
    `spans_passed` Array(Date),
    `spans_closed_late` Array(Date),
    `work` Array(UInt64),
    `lags_s` Map(UInt32, UInt32),
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (unit, month)
SETTINGS index_granularity = 256;

CREATE TABLE parsed
(
    `batch` UInt64,
    `body` String,
    `from_store` Bool,
    `readable` Bool,
    `complains` Bool COMMENT 'a citizen is not content with the dossier that the event names',
    `is_replacement` Bool COMMENT 'a rating of a dossier in place of the one before',
    `event_id` UUID,
    `type` LowCardinality(String),
    `source` LowCardinality(String),
    `unit` LowCardinality(String),
    `subject` String,
    `occurred_at` DateTime64(3, 'UTC'),
    `recorded_at` DateTime64(3, 'UTC'),
    `precedence` UInt64 COMMENT 'of equal events the first recorded has most',
    `sender` LowCardinality(String),
    `data` Tuple(
        unit String,
        channel String,
        scale String,
        score Int8,
        reasons Array(String),
        device String,
        counter String,
        staff String,
        procedure String,
        dossier String,
        ticket String,
        due_at String,
        new_due String,
        via_vneid Bool,
        territory_unit String,
        accept_due String,
        by_fault String,
        electronic Bool,
        signed Bool,
        archived Bool,
        online Bool,
        amount_vnd Nullable(Int64),
        source String,
        step_due String,
        finished_at String,
        answers Map(String, Int8),
        replaces Tuple(id String))
)
ENGINE = `Null`;

CREATE MATERIALIZED VIEW parsed_to_dossier_events TO dossier_events
(
    `dossier` String,
    `occurred_at` DateTime64(3, 'UTC'),
    `event_id` UUID,
    `type` LowCardinality(String),
    `source` LowCardinality(String),
    `unit` LowCardinality(String),
    `procedure` String,
    `channel` String,
    `staff` String,
    `counter` String,
    `due_at` Nullable(DateTime64(3, 'UTC')),
    `attributes` UInt64,
    `by_applicant` UInt8,
    `step` String,
    `precedence` UInt64
)
AS WITH
    parseDateTime64BestEffortOrNull(data.accept_due, 3, 'UTC') AS accept_due,
    parseDateTime64BestEffortOrNull(data.step_due, 3, 'UTC') AS step_due,
    coalesce(parseDateTime64BestEffortOrNull(data.finished_at, 3, 'UTC'), occurred_at) AS step_done
SELECT
    if(complains, data.dossier, subject) AS dossier,
    occurred_at,
    event_id,
    type,
    source,
    unit,
    if(complains, '', data.procedure) AS procedure,
    if(complains, '', data.channel) AS channel,
    if(complains, '', data.staff) AS staff,
    if(complains, '', data.counter) AS counter,
    parseDateTime64BestEffortOrNull(if(type = 'dossier.rescheduled', data.new_due, data.due_at), 3, 'UTC') AS due_at,
    multiIf(complains, bitShiftLeft(CAST('1', 'UInt64'), 43), type = 'dossier.submitted', bitShiftLeft(CAST(data.via_vneid, 'UInt64'), 0) + bitShiftLeft(CAST((data.territory_unit NOT IN ('', unit)), 'UInt64'), 1), type = 'dossier.accepted', bitShiftLeft(CAST(coalesce(occurred_at > accept_due, false), 'UInt64'), 2), type = 'dossier.result_issued', ((bitShiftLeft(CAST('1', 'UInt64'), 3) + bitShiftLeft(CAST(data.electronic, 'UInt64'), 4)) + bitShiftLeft(CAST(data.signed, 'UInt64'), 5)) + bitShiftLeft(CAST(data.archived, 'UInt64'), 6), (type IN ('payment.paid', 'dossier.finance_requested')), ((bitShiftLeft(CAST((type = 'payment.paid'), 'UInt64'), 7) + bitShiftLeft(CAST(((type = 'payment.paid') AND data.online), 'UInt64'), 8)) + bitShiftLeft(CAST(coalesce(data.amount_vnd > 0, false), 'UInt64'), 9)) + bitShiftLeft(CAST(coalesce(data.amount_vnd = 0, false), 'UInt64'), 10), type = 'dossier.step', bitShiftLeft(CAST('1', 'UInt64'), 41) + bitShiftLeft(CAST((NOT data.electronic), 'UInt64'), 42), type = 'dossier.synced', bitShiftLeft(CAST('1', 'UInt64'), 11), type = 'component.digitised', bitShiftLeft(CAST('1', 'UInt64'), 12), type = 'component.reused', bitShiftLeft(CAST('1', 'UInt64'), 13), type = 'component.fetched', bitShiftLeft(CAST((data.source != 'population'), 'UInt64'), 14) + bitShiftLeft(CAST((data.source = 'population'), 'UInt64'), 15), type = 'dossier.returned', bitShiftLeft(CAST((data.channel = 'post'), 'UInt64'), 16), 0) AS attributes,
    data.by_fault = 'applicant' AS by_applicant,
    multiIf((type != 'dossier.step') OR (step_due IS NULL), '', toDate(step_done, 'Asia/Ho_Chi_Minh') < toDate(step_due, 'Asia/Ho_Chi_Minh'), 'early', step_done <= step_due, 'in_time', 'late') AS step,
    precedence
FROM parsed
WHERE readable AND (startsWith(type, 'dossier.') OR startsWith(type, 'component.') OR (type = 'payment.paid') OR complains);

CREATE MATERIALIZED VIEW parsed_to_events TO events
(
    `event_id` UUID,
    `type` LowCardinality(String),
    `source` LowCardinality(String),
    `unit` LowCardinality(String),
    `subject` String,
    `occurred_at` DateTime64(3, 'UTC'),
    `recorded_at` DateTime64(3, 'UTC'),
    `sender` LowCardinality(String),
    `body` String
)
AS SELECT
    event_id,
    type,
    source,
    unit,
    subject,
    occurred_at,
    recorded_at,
    sender,
    body
FROM parsed
WHERE readable AND (NOT from_store) AND (type != 'device.seen');

CREATE MATERIALIZED VIEW parsed_to_heartbeats TO heartbeats
(
    `device` String,
    `seen_at` DateTime64(3, 'UTC'),
    `body` String
)
AS SELECT
    subject AS device,
    occurred_at AS seen_at,
    body
FROM parsed
WHERE readable AND (type = 'device.seen');

CREATE MATERIALIZED VIEW parsed_to_ratings TO ratings
(
    `unit` LowCardinality(String),
    `occurred_at` DateTime64(3, 'UTC'),
    `event_id` UUID,
    `channel` String,
    `scale` String,
    `score` Int8,
    `reasons` Array(String),
    `device` String,
    `counter` String,
    `staff` String,
    `procedure` String,
    `dossier` String,
    `ticket` String,
    `answers` Map(String, Int8),
    `precedence` UInt64,
    `source` LowCardinality(String)
)
AS SELECT
    unit,
    occurred_at,
    event_id,
    data.channel AS channel,
    data.scale AS scale,
    data.score AS score,
    data.reasons AS reasons,
    data.device AS device,
    data.counter AS counter,
    data.staff AS staff,
    data.procedure AS procedure,
    data.dossier AS dossier,
    data.ticket AS ticket,
    data.answers AS answers,
    precedence,
    source
FROM parsed
WHERE readable AND (type = 'rating.submitted');

CREATE MATERIALIZED VIEW parsed_to_ticket_events TO ticket_events
(
    `ticket` String,
    `occurred_at` DateTime64(3, 'UTC'),
    `event_id` UUID,
    `type` LowCardinality(String),
    `unit` LowCardinality(String),
    `counter` String,
    `staff` String,
    `precedence` UInt64,
    `source` LowCardinality(String)
)
AS SELECT
    subject AS ticket,
    occurred_at,
    event_id,
    type,
    unit,
    data.counter AS counter,
    data.staff AS staff,
    precedence,
    source
FROM parsed
WHERE readable AND startsWith(type, 'queue.');

CREATE MATERIALIZED VIEW parsed_to_touched_hours TO touched
(
    `batch` UInt64,
    `kind` String,
    `unit` LowCardinality(String),
    `hour` DateTime('UTC')
)
AS SELECT
    batch,
    if(rated, 'rated_hour', 'hour') AS kind,
    unit,
    hour
FROM
(
    SELECT
        any(batch) AS batch,
        max(type = 'rating.submitted') AS rated,
        unit,
        CAST(toStartOfHour(occurred_at), 'DateTime(\'UTC\')') AS hour
    FROM parsed
    WHERE readable AND (type != 'device.seen')
    GROUP BY
        unit,
        hour
);

CREATE MATERIALIZED VIEW parsed_to_touched_subjects TO touched
(
    `batch` UInt64,
    `kind` String,
    `subject` String,
    `unit` String,
    `hour` DateTime('UTC')
)
AS SELECT DISTINCT
    batch,
    multiIf(NOT readable, 'unreadable', startsWith(type, 'queue.'), 'ticket', startsWith(type, 'procedure.'), 'procedure', startsWith(type, 'calendar.') OR startsWith(type, 'unit.'), 'calendar', startsWith(type, 'target.'), 'target', startsWith(type, 'petition.'), 'petition', startsWith(type, 'point.'), 'point', (type IN ('device.paired', 'device.revoked')), 'tablet', is_replacement, 'replacement', type = 'staff.shift', 'shift', type = 'import.retracted', 'retraction', 'dossier') AS kind,
    multiIf(NOT readable, body, type = 'rating.submitted', data.dossier, p.subject) AS subject,
    if(kind = 'replacement', p.unit, '') AS unit,
    CAST(if(kind = 'replacement', toStartOfHour(occurred_at), toDateTime(0, 'UTC')), 'DateTime(\'UTC\')') AS hour
FROM parsed AS p
WHERE (NOT readable) OR complains OR is_replacement OR startsWith(type, 'dossier.') OR startsWith(type, 'component.') OR (type = 'payment.paid') OR startsWith(type, 'queue.') OR startsWith(type, 'procedure.') OR startsWith(type, 'calendar.') OR startsWith(type, 'unit.') OR startsWith(type, 'target.') OR startsWith(type, 'petition.') OR startsWith(type, 'point.') OR (type IN ('device.paired', 'device.revoked')) OR (type IN ('staff.shift', 'import.retracted'));

CREATE TABLE petition_events
(
    `petition` String,
    `occurred_at` DateTime64(3, 'UTC'),
    `event_id` UUID,
    `type` LowCardinality(String),
    `unit` LowCardinality(String),
    `dossier` String,
    `category` LowCardinality(String),
    `likes` Nullable(Bool),
    `reopened` Bool,
    `confirmed` Nullable(Bool),
    `precedence` UInt64,
    `source` LowCardinality(String)
)
ENGINE = ReplacingMergeTree(precedence)
PRIMARY KEY petition
ORDER BY (petition, toStartOfHour(occurred_at), event_id, unit, type)
SETTINGS index_granularity = 256;

CREATE TABLE petitions
(
    `petition` String,
    `unit` LowCardinality(String),
    `received_at` DateTime64(3, 'UTC'),
    `counted_at` Nullable(DateTime64(3, 'UTC')),
    `attributes` UInt64 COMMENT 'bits in the order of contract/cohorts.py',
    `dossiers` Array(String) COMMENT 'what it is about',
    `version` UInt64,
    `named` Array(String) DEFAULT dossiers COMMENT 'dossiers that any event of it ever named, those of retracted sources too'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY petition
SETTINGS index_granularity = 256;

CREATE TABLE procedures
(
    `procedure` String,
    `holds_from` DateTime64(3, 'UTC'),
    `unit` String COMMENT 'who publishes it',
    `abolished` Bool,
    `name_vi` String,
    `name_en` String,
    `term` UInt32,
    `term_unit` LowCardinality(String),
    `count_mode` LowCardinality(String),
    `deadline_rule` LowCardinality(String),
    `supplement_policy` LowCardinality(String),
    `cutoffs` Array(Tuple(
        DateTime64(3, 'UTC'),
        UInt32)) COMMENT 'from when on after which millisecond of the day in Vietnam a term begins with the next one, in order',
    `attributes` UInt64 COMMENT 'what it gives its dossiers: bits in the order of contract/cohorts.py',
    `decided_on` Nullable(Date32),
    `told_on` Date32 COMMENT 'when the national database was told',
    `effective_on` Nullable(Date32),
    `as_of` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (procedure, holds_from)
SETTINGS index_granularity = 8192;

CREATE TABLE publications
(
    `procedure` String,
    `holds_from` DateTime64(3, 'UTC'),
    `unit` String COMMENT 'who publishes it',
    `attributes` UInt64 COMMENT 'what it gives its dossiers',
    `is_decided` Bool COMMENT 'decided on a day that the calendar of its unit knows, and no abolition',
    `decided_at` DateTime64(3, 'UTC') COMMENT 'the beginning of that day',
    `holds_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'the beginning of the day from which it holds, where it is told',
    `announced_late` Nullable(Bool) COMMENT 'NULL where the calendar ends before that can be said; the next alike',
    `told_late` Nullable(Bool)
)
ENGINE = ReplacingMergeTree
ORDER BY (procedure, holds_from)
SETTINGS index_granularity = 8192;

CREATE TABLE ratings
(
    `unit` LowCardinality(String),
    `occurred_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `event_id` UUID,
    `channel` LowCardinality(String),
    `scale` LowCardinality(String),
    `score` Int8,
    `reasons` Array(LowCardinality(String)),
    `device` LowCardinality(String),
    `counter` LowCardinality(String),
    `staff` LowCardinality(String),
    `procedure` LowCardinality(String),
    `dossier` String CODEC(ZSTD(1)),
    `ticket` String CODEC(ZSTD(1)),
    `answers` Map(LowCardinality(String), Int8),
    `precedence` UInt64 CODEC(Delta(8), ZSTD(1)),
    `source` LowCardinality(String)
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (unit, toStartOfHour(occurred_at), event_id)
SETTINGS index_granularity = 1024, min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 134217728, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE TABLE rebuild_slices
(
    `rebuild` UInt32,
    `slice` UInt32,
    `first_day` Date32,
    `last_day` Date32,
    `first_unit` String,
    `last_unit` String,
    `events` UInt64,
    `done` UInt8
)
ENGINE = ReplacingMergeTree(done)
ORDER BY (rebuild, slice)
SETTINGS index_granularity = 8192;

CREATE TABLE reference_ids
(
    `event_id` UUID
)
ENGINE = ReplacingMergeTree
ORDER BY event_id
SETTINGS index_granularity = 8192;

CREATE TABLE remade_dossier_days
(
    `day` Date,
    `unit` LowCardinality(String),
    `dossier` String CODEC(ZSTD(1)),
    `received_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `accepted_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `ended_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `returned_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `due_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `late_after` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `completed` Bool COMMENT 'its end is a result or its return',
    `late` Bool COMMENT 'it ended after its appointment, or papers were asked for twice; never when withdrawn',
    `attributes` UInt64 COMMENT 'bits in the order of contract/cohorts.py',
    `procedure` LowCardinality(String),
    `net_s` Nullable(UInt32),
    `lag_s` Nullable(UInt32) COMMENT 'for how long its result lay ready before it was given back',
    `steps_due` UInt16,
    `steps_early` UInt16,
    `steps_in_time` UInt16,
    `version` UInt64,
    `again` Bool ALIAS bitTest(attributes, 20),
    `waits` Bool ALIAS bitTest(attributes, 29),
    `closed_at` DateTime64(3, 'UTC') ALIAS greatest(accepted_at, ended_at),
    `passes_at` DateTime64(3, 'UTC') ALIAS greatest(accepted_at, late_after),
    `received_on` Date MATERIALIZED toDate(received_at, 'Asia/Ho_Chi_Minh'),
    `accepted_on` Date MATERIALIZED toDate(accepted_at, 'Asia/Ho_Chi_Minh'),
    `ended_on` Date MATERIALIZED toDate(ended_at, 'Asia/Ho_Chi_Minh'),
    `returned_on` Date MATERIALIZED toDate(returned_at, 'Asia/Ho_Chi_Minh'),
    `due_on` Date MATERIALIZED toDate(due_at, 'Asia/Ho_Chi_Minh'),
    `closed_on` Date MATERIALIZED toDate(greatest(accepted_at, ended_at), 'Asia/Ho_Chi_Minh'),
    `passes_on` Date MATERIALIZED toDate(greatest(accepted_at, late_after), 'Asia/Ho_Chi_Minh'),
    `batch` UInt64
)
ENGINE = `Null`;

CREATE MATERIALIZED VIEW remade_to_dossier_days TO dossier_days
(
    `day` Date,
    `unit` LowCardinality(String),
    `dossier` String,
    `received_at` DateTime64(3, 'UTC'),
    `accepted_at` DateTime64(3, 'UTC'),
    `ended_at` DateTime64(3, 'UTC'),
    `returned_at` DateTime64(3, 'UTC'),
    `due_at` DateTime64(3, 'UTC'),
    `late_after` DateTime64(3, 'UTC'),
    `completed` Bool,
    `late` Bool,
    `attributes` UInt64,
    `procedure` LowCardinality(String),
    `net_s` Nullable(UInt32),
    `lag_s` Nullable(UInt32),
    `steps_due` UInt16,
    `steps_early` UInt16,
    `steps_in_time` UInt16,
    `version` UInt64
)
AS SELECT * EXCEPT batch
FROM remade_dossier_days;

CREATE MATERIALIZED VIEW remade_to_touched TO touched
(
    `batch` UInt64,
    `kind` String,
    `unit` LowCardinality(String),
    `hour` DateTime('UTC')
)
AS SELECT DISTINCT
    batch,
    'dossier_day' AS kind,
    unit,
    toDateTime(toStartOfDay(day, 'Asia/Ho_Chi_Minh'), 'UTC') AS hour
FROM remade_dossier_days;

CREATE VIEW replaced_ratings
(
    `unit` LowCardinality(String),
    `hour` DateTime('UTC'),
    `event_id` UUID,
    `dossier` String
)
AS SELECT
    unit,
    hour,
    event_id,
    dossier
FROM replacements
FINAL
WHERE source NOT IN (
    SELECT source
    FROM retracted_sources
);

CREATE TABLE replacements
(
    `unit` LowCardinality(String),
    `hour` DateTime('UTC') COMMENT 'of the rating that is replaced; the next two alike',
    `event_id` UUID,
    `dossier` String,
    `by_hour` DateTime('UTC') COMMENT 'of the rating in its place; the next three alike',
    `by_event_id` UUID,
    `source` LowCardinality(String),
    `precedence` UInt64,
    INDEX of_dossier dossier TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour, event_id, dossier, by_hour, by_event_id)
SETTINGS index_granularity = 256;

CREATE TABLE rereads
(
    `reread` UInt32,
    `topic` LowCardinality(String),
    `partition` UInt32,
    `next_offset` Int64,
    `end_offset` Int64
)
ENGINE = ReplacingMergeTree(next_offset)
ORDER BY (reread, topic, partition)
SETTINGS index_granularity = 8192;

CREATE TABLE retracted_sources
(
    `source` String
)
ENGINE = ReplacingMergeTree
ORDER BY source
SETTINGS index_granularity = 8192;

CREATE TABLE retraction_slices
(
    `source` String,
    `plan` UInt64,
    `slice` UInt32,
    `first_day` Date32,
    `last_day` Date32,
    `first_unit` String,
    `last_unit` String,
    `events` UInt64,
    `done` UInt8
)
ENGINE = ReplacingMergeTree(done)
ORDER BY (source, plan, slice)
SETTINGS index_granularity = 8192;

CREATE TABLE rule_changes
(
    `batch` UInt64,
    `kind` LowCardinality(String),
    `name` String,
    `day` Date32,
    `made_from` UInt64,
    `found_at` DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(found_at)
ORDER BY (batch, kind, name)
TTL found_at + toIntervalDay(1)
SETTINGS ttl_only_drop_parts = 1, index_granularity = 8192;

CREATE TABLE shifts
(
    `unit` LowCardinality(String),
    `starts_at` DateTime64(3, 'UTC'),
    `ends_at` DateTime64(3, 'UTC'),
    `occurred_at` DateTime64(3, 'UTC'),
    `event_id` UUID,
    `precedence` UInt64,
    `source` LowCardinality(String)
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (unit, toStartOfHour(occurred_at), event_id)
SETTINGS index_granularity = 1024;

CREATE TABLE tablets
(
    `device` String,
    `said_at` DateTime64(3, 'UTC'),
    `event_id` UUID,
    `unit` String,
    `counter` String,
    `name` String,
    `revoked` Bool
)
ENGINE = ReplacingMergeTree
ORDER BY (device, said_at, event_id)
SETTINGS index_granularity = 8192;

CREATE TABLE targets
(
    `unit` String,
    `indicator` LowCardinality(String),
    `valid_from` Date32,
    `valid_to` Nullable(Date32),
    `op` LowCardinality(String),
    `value` Float64,
    `source` String,
    `as_of` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (unit, indicator, valid_from)
SETTINGS index_granularity = 8192;

CREATE TABLE ticket_events
(
    `ticket` String CODEC(ZSTD(1)),
    `occurred_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `event_id` UUID,
    `type` LowCardinality(String),
    `unit` LowCardinality(String),
    `counter` LowCardinality(String),
    `staff` LowCardinality(String),
    `precedence` UInt64 CODEC(Delta(8), ZSTD(1)),
    `source` LowCardinality(String)
)
ENGINE = ReplacingMergeTree(precedence)
PRIMARY KEY ticket
ORDER BY (ticket, toStartOfHour(occurred_at), event_id, unit, type)
SETTINGS index_granularity = 256, min_parts_to_merge_at_once = 10, min_bytes_for_wide_part = 134217728;

CREATE TABLE ticket_shares
(
    `unit` LowCardinality(String),
    `hour` DateTime('UTC'),
    `ticket` String CODEC(ZSTD(1)),
    `issued` UInt8,
    `called` UInt8,
    `called_in_time` UInt8,
    `served` UInt8,
    `abandoned` UInt8,
    `waited_s` Nullable(UInt32),
    `handled_s` Nullable(UInt32),
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour, ticket)
SETTINGS index_granularity = 1024, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE TABLE touched
(
    `batch` UInt64,
    `kind` Enum8('dossier' = 1, 'ticket' = 2, 'hour' = 3, 'rated_hour' = 4, 'procedure' = 5, 'calendar' = 6, 'unreadable' = 7, 'dossier_day' = 8, 'target' = 9, 'petition' = 10, 'point' = 11, 'tablet' = 12, 'replacement' = 13, 'shift' = 14, 'retraction' = 15),
    `subject` String,
    `unit` LowCardinality(String),
    `hour` DateTime('UTC'),
    `touched_at` DateTime DEFAULT now()
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(touched_at)
ORDER BY (batch, kind)
TTL touched_at + toIntervalDay(1)
SETTINGS index_granularity = 256, ttl_only_drop_parts = 1;

CREATE VIEW touched_events
AS SELECT
    event_id,
    type,
    unit,
    subject,
    occurred_at,
    body,
    precedence
FROM events
WHERE (unit, toStartOfHour(occurred_at)) IN (
    SELECT
        unit,
        hour
    FROM touched
    WHERE (batch IN ({batches:Array(UInt64)})) AND (kind IN ('hour', 'rated_hour'))
);

CREATE TABLE unit_calendars
(
    `unit` String,
    `calendar` String,
    `zone` LowCardinality(String) DEFAULT 'Asia/Ho_Chi_Minh'
)
ENGINE = ReplacingMergeTree
ORDER BY unit
SETTINGS index_granularity = 8192;

CREATE VIEW unit_paths
(
    `unit` String,
    `ancestor` String,
    `distance` UInt64
)
AS WITH RECURSIVE
    current AS
    (
        SELECT
            unit,
            argMax(parent, (valid_from, as_of)) AS parent
        FROM units
        GROUP BY unit
    ),
    paths AS
    (
        SELECT
            unit,
            unit AS ancestor,
            parent,
            0 AS distance
        FROM current
        UNION ALL
        SELECT
            paths.unit,
            current.unit,
            current.parent,
            paths.distance + 1
        FROM paths
        INNER JOIN current ON paths.parent = current.unit
        WHERE paths.distance < 20
    )
SELECT
    unit,
    ancestor,
    distance
FROM paths;

CREATE TABLE units
(
    `unit` String,
    `valid_from` Date32,
    `valid_to` Nullable(Date32),
    `parent` String,
    `level` LowCardinality(String),
    `name_vi` String,
    `name_en` String,
    `calendar` String,
    `as_of` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (unit, valid_from)
SETTINGS index_granularity = 8192;

CREATE TABLE working_days
(
    `calendar` String,
    `day` Date32,
    `sessions` Array(Array(String)),
    `as_of` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (calendar, day)
SETTINGS index_granularity = 8192;
