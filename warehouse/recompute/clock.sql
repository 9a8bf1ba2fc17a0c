  -- How far a zone's clock is ahead of UTC at an instant, in milliseconds.
  (at, of_zone) ->
    intDiv(toInt32(formatDateTime(at, '%z', of_zone)), 100) * 3600000
    + toInt32(formatDateTime(at, '%z', of_zone)) % 100 * 60000
    AS ahead_ms,
  -- The day that a zone's calendar shows at an instant.
  (at, of_zone) -> toDate32(addMilliseconds(at, ahead_ms(at, of_zone)), 'UTC') AS day_in,
  -- The instant at which a zone's clock shows a time, both in milliseconds since 1970: of two such instants the first; of
  -- a time that the clock skips, what it would be by the clock before.
  (clock_ms, of_zone) -> arrayMap(
    first_ms -> arrayMap(
      second_ms -> if(
        second_ms + ahead_ms(fromUnixTimestamp64Milli(second_ms, 'UTC'), of_zone) = clock_ms, second_ms, first_ms
      ),
      [clock_ms - ahead_ms(fromUnixTimestamp64Milli(first_ms, 'UTC'), of_zone)]
    )[1],
    [clock_ms - ahead_ms(fromUnixTimestamp64Milli(clock_ms - 86400000, 'UTC'), of_zone)]
  )[1] AS instant_ms
