  -- What the clock of a zone shows at an instant, in milliseconds since 1970, as if it were UTC.
  (at, of_zone) -> toUnixTimestamp64Milli(toDateTime64(formatDateTime(at, '%F %T.%f', of_zone), 3, 'UTC')) AS clock_ms,
  -- The day that a zone's calendar shows at an instant.
  (at, of_zone) -> toDate32(formatDateTime(at, '%F', of_zone)) AS day_in,
  -- The instant in milliseconds at which a zone's clock shows a time: of two such instants the first; for a time that
  -- the clock skips, the instant by the clock before the change.
  (shown_ms, of_zone) -> arrayMap(
    first_ms -> arrayMap(
      second_ms -> if(clock_ms(fromUnixTimestamp64Milli(second_ms, 'UTC'), of_zone) = shown_ms, second_ms, first_ms),
      [shown_ms + first_ms - clock_ms(fromUnixTimestamp64Milli(first_ms, 'UTC'), of_zone)]
    )[1],
    [2 * shown_ms - {day_ms} - clock_ms(fromUnixTimestamp64Milli(shown_ms - {day_ms}, 'UTC'), of_zone)]
  )[1] AS instant_ms,
  -- The instant in milliseconds at which a day begins, given what a zone's clock shows at its first moment, an
  -- instant near by and what the clock shows then.
  (begins_ms, near_ms, near_shown_ms, of_zone) -> arrayMin(
    arrayFilter(
      at_ms -> clock_ms(fromUnixTimestamp64Milli(at_ms, 'UTC'), of_zone) >= begins_ms,
      arrayMap(
        guess_ms -> guess_ms + begins_ms - clock_ms(fromUnixTimestamp64Milli(guess_ms, 'UTC'), of_zone),
        [near_ms + begins_ms - near_shown_ms, near_ms + begins_ms - near_shown_ms - 1]
      )
    )
  ) AS day_begins_ms
