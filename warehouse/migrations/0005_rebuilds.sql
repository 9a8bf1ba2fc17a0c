-- How far a rebuild is. A slice is done again when its end was not noted; that costs a repetition.
CREATE TABLE IF NOT EXISTS rebuild_slices (
  rebuild UInt32,
  slice UInt32,
  first_day Date32,
  last_day Date32,
  first_unit String,
  last_unit String,
  events UInt64,
  done UInt8
)
ENGINE = ReplacingMergeTree(done) ORDER BY (rebuild, slice);

-- How far a reading of the log from its beginning is, kept beside what it fills: a store that is lost loses both.
CREATE TABLE IF NOT EXISTS rereads (
  reread UInt32,
  topic LowCardinality(String),
  partition UInt32,
  next_offset Int64,
  end_offset Int64
)
ENGINE = ReplacingMergeTree(next_offset) ORDER BY (reread, topic, partition);
