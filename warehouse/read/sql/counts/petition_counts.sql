-- Petitions received, and petitions answered or due, in a period, by their attributes.
SELECT
  {include:target},
  sumMap(mapFromArrays(keys, arrayWithConstant(length(keys), 1::UInt32))) AS cases_to_end
FROM
(
  SELECT
    unit,
    arrayFilter(
      key -> key > 0,
      [
        if(received_at >= {start:DateTime64(3, 'UTC')} AND received_at < {end:DateTime64(3, 'UTC')},
          {step:petitioned} + attributes, 0),
        if(coalesce(counted_at >= {start:DateTime64(3, 'UTC')} AND counted_at < {end:DateTime64(3, 'UTC')}, false),
          {step:petition_due} + attributes, 0)
      ]
    ) AS keys
  FROM petitions FINAL
  WHERE unit IN {units:Array(String)}
)
GROUP BY target
