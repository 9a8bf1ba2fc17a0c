-- Ratings with their comments, given on the same page or by the rating's own link, as masked by ingest. Comments are
-- read by unit and hour: one by link comes within half an hour, under the id that follows from its rating's
-- (contract/links/comment.py), and belongs to a rating of its own unit only. The caller puts `ratings` in place.
WITH
  page AS MATERIALIZED
  (
    SELECT *, SHA1(concat(unhex({id_prefix:String}), toString(event_id))) AS digest,
      toUUID(UUIDNumToString(toFixedString(concat(
        substring(digest, 1, 6), char(bitOr(bitAnd(reinterpretAsUInt8(substring(digest, 7, 1)), 15), 80)),
        substring(digest, 8, 1), char(bitOr(bitAnd(reinterpretAsUInt8(substring(digest, 9, 1)), 63), 128)),
        substring(digest, 10, 7)
      ), 16))) AS comment_id
    FROM
    (
/* ratings */
    )
  ),
  written AS MATERIALIZED
  (
    SELECT event_id AS id, unit AS of_unit, JSONExtractString(body, 'data', 'comment') AS text
    FROM events FINAL
    WHERE type IN ('rating.submitted', 'rating.commented') AND unit IN (SELECT unit FROM page)
      AND toStartOfHour(occurred_at) IN
        (SELECT arrayJoin([toStartOfHour(occurred_at), toStartOfHour(occurred_at) + INTERVAL 1 HOUR]) FROM page)
      AND event_id IN (SELECT arrayJoin([event_id, comment_id]) FROM page)
      AND text != '' AND source NOT IN (SELECT source FROM retracted_sources)
  )
SELECT page.* EXCEPT (digest, comment_id),
  arrayStringConcat(arrayFilter(text -> text != '', [beside.text, by_link.text]), '\n') AS comment
FROM page
LEFT JOIN written AS beside ON page.event_id = beside.id AND page.unit = beside.of_unit
LEFT JOIN written AS by_link ON page.comment_id = by_link.id AND page.unit = by_link.of_unit
ORDER BY page.occurred_at DESC, page.event_id
SETTINGS enable_materialized_cte = 1
