multiIf(
  {step:String} = 'day', toStartOfDay(hour, {zone}), {step:String} = 'hour', toTimeZone(hour, {zone}),
  toDateTime(0, {zone})
) AS starts_at
