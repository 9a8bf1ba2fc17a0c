-- Events of a period by their source, in whole hours.
SELECT tupleElement(sent, 1) AS source, sum(tupleElement(sent, 2)) AS events, max(at_hour) AS latest_hour
FROM
(
  SELECT hour AS at_hour, arrayJoin(CAST(by_source, 'Array(Tuple(String, UInt32))')) AS sent
  FROM hours_of_events FINAL
  WHERE hour >= {start:DateTime('UTC')} AND hour < {end:DateTime('UTC')} AND unit IN {units:Array(String)}
)
GROUP BY source
ORDER BY events DESC, source
