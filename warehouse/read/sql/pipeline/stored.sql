-- Distinct events of one source, as rows and as they stand in the figures by unit and hour, which are made last.
SELECT
  (SELECT count() FROM events FINAL WHERE source = {source:String}),
  (SELECT sum(by_source[{source:String}]) FROM hours_of_events FINAL)
