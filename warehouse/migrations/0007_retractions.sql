-- Imports that were taken back (import.retracted). Raw events keep every row; what is made of them leaves out the events
-- of these sources that go with their import (contract/retractions.py).
--
-- That is decided where figures are made, which is always behind storing. Whoever stores an event of a source sees its
-- retraction then, or the retraction came to be known only later and finds the event stored. So nothing depends on what
-- came first, and nothing is decided while lines are stored.

-- Sources only become more: a row is never taken out, nor is the table emptied by a rebuild.
CREATE TABLE IF NOT EXISTS retracted_sources (source String) ENGINE = ReplacingMergeTree ORDER BY source;

-- How far the events of a retracted source have been gone through once more. A plan is laid down whole; of two the one
-- with the lesser number is followed.
CREATE TABLE IF NOT EXISTS retraction_slices (
  source String,
  plan UInt64,
  slice UInt32,
  first_day Date32,
  last_day Date32,
  first_unit String,
  last_unit String,
  events UInt64,
  done UInt8
)
ENGINE = ReplacingMergeTree(done) ORDER BY (source, plan, slice);

ALTER TABLE touched MODIFY COLUMN kind Enum8('dossier' = 1, 'ticket' = 2, 'hour' = 3, 'rated_hour' = 4,
  'procedure' = 5, 'calendar' = 6, 'unreadable' = 7, 'dossier_day' = 8, 'target' = 9, 'petition' = 10, 'point' = 11,
  'tablet' = 12, 'replacement' = 13, 'shift' = 14, 'retraction' = 15);

ALTER TABLE parsed_to_touched_subjects MODIFY QUERY
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
    type = 'import.retracted', 'retraction',
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
  OR type IN ('staff.shift', 'import.retracted');

-- The raw events of the hours that batches touched, with their source; `touched_events` has none and is no longer read.
CREATE VIEW IF NOT EXISTS events_of_touched_hours AS
SELECT event_id, type, source, unit, subject, occurred_at, body, precedence
FROM events
WHERE (unit, toStartOfHour(occurred_at)) IN
  (SELECT unit, hour FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind IN ('hour', 'rated_hour'));

-- Copies by subject tell their source. Rows of before tell none until they are handed through the views again, which a
-- retraction does with all of its source.
ALTER TABLE ratings ADD COLUMN IF NOT EXISTS source LowCardinality(String);

ALTER TABLE parsed_to_ratings MODIFY QUERY
SELECT
  unit, occurred_at, event_id, data.channel AS channel, data.scale AS scale, data.score AS score,
  data.reasons AS reasons, data.device AS device, data.counter AS counter, data.staff AS staff,
  data.procedure AS procedure, data.dossier AS dossier, data.ticket AS ticket,
  data.answers AS answers, precedence, source
FROM parsed
WHERE readable AND type = 'rating.submitted';

ALTER TABLE ticket_events ADD COLUMN IF NOT EXISTS source LowCardinality(String);

ALTER TABLE parsed_to_ticket_events MODIFY QUERY
SELECT
  subject AS ticket, occurred_at, event_id, type, unit, data.counter AS counter, data.staff AS staff, precedence, source
FROM parsed
WHERE readable AND startsWith(type, 'queue.');

ALTER TABLE petition_events ADD COLUMN IF NOT EXISTS source LowCardinality(String);

ALTER TABLE shifts ADD COLUMN IF NOT EXISTS source LowCardinality(String);

ALTER TABLE capabilities ADD COLUMN IF NOT EXISTS source LowCardinality(String);

-- A dossier's version counts those of the petitions about it, so that no petition may ever let go of a dossier.
ALTER TABLE petitions ADD COLUMN IF NOT EXISTS named Array(String) DEFAULT dossiers
  COMMENT 'dossiers that any event of it ever named, those of retracted sources too';

-- Each rating that stands in place of another, by the other one. `replaced_ratings` were those others without saying by
-- whom, so that none could stand again; it becomes what is still replaced.
CREATE TABLE IF NOT EXISTS replacements (
  unit LowCardinality(String),
  hour DateTime('UTC') COMMENT 'of the rating that is replaced; the next two alike',
  event_id UUID,
  dossier String,
  by_hour DateTime('UTC') COMMENT 'of the rating in its place; the next three alike',
  by_event_id UUID,
  source LowCardinality(String),
  precedence UInt64,
  INDEX of_dossier dossier TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree(precedence)
PARTITION BY toYYYYMM(hour)
ORDER BY (unit, hour, event_id, dossier, by_hour, by_event_id)
SETTINGS index_granularity = 256;

DROP TABLE IF EXISTS replaced_ratings;

CREATE VIEW IF NOT EXISTS replaced_ratings AS
SELECT unit, hour, event_id, dossier
FROM replacements FINAL
WHERE source NOT IN (SELECT source FROM retracted_sources);

-- Behind the view: a stream of before that is still running cannot write to it, and waits to be started anew.
INSERT INTO replacements
SELECT
  unit, toStartOfHour(replaced_at)::DateTime('UTC'), told.replaces.id, told.dossier,
  toStartOfHour(occurred_at)::DateTime('UTC'), event_id, source, precedence
FROM
(
  SELECT
    unit, occurred_at, event_id, source, precedence,
    JSONExtract(body, 'data', 'Tuple(dossier String, replaces Tuple(id UUID, time String))') AS told,
    parseDateTime64BestEffortOrNull(told.replaces.time, 3, 'UTC') AS replaced_at
  FROM events FINAL
  WHERE type = 'rating.submitted' AND position(body, '"replaces":') > 0
)
WHERE told.dossier != '' AND toYear(replaced_at) BETWEEN 2000 AND 2099
  AND told.replaces.id != toUUID('00000000-0000-0000-0000-000000000000');
