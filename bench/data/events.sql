-- Admitted events of the dossiers numbered from `first` on, `dossiers` of them, straight into the raw table.
--
-- A dossier is drawn from hashes of its number alone. Time is counted in working seconds since the opening of the first
-- day of `midnights` (eight hours a day, the break at noon left out), so that every step lies in working hours; steps
-- at or after `now` have not happened yet.
INSERT INTO events (event_id, type, source, unit, subject, occurred_at, recorded_at, sender, body)
WITH
  (worked -> {midnights:Array(UInt32)}[1 + intDiv(worked, 28800)] + worked % 28800 + if(worked % 28800 < 14400, 28800, 32400)) AS instant,
  (worked -> formatDateTime(toDateTime(instant(worked), 'UTC'), '%Y-%m-%dT%H:%i:%SZ')) AS text_of
SELECT
  reinterpretAsUUID(sipHash128(n, kind, {city:String})) AS event_id,
  type,
  'bench' AS source,
  unit,
  subject,
  toDateTime64(at, 3, 'UTC') AS occurred_at,
  addSeconds(occurred_at, 1) AS recorded_at,
  'system' AS sender,
  concat(
    '{"specversion":"1.0","id":"', toString(event_id), '","type":"', type, '","source":"bench","time":"', time,
    '","subject":"', subject, '","datacontenttype":"application/json","data":{"unit":"', unit, '"', data,
    '},"recordedtime":"', formatDateTime(recorded_at, '%Y-%m-%dT%H:%i:%S'), '.000Z","sender":"system"}'
  ) AS body
FROM
(
  SELECT
    n, kind, unit, at,
    ['dossier.submitted', 'dossier.accepted', 'dossier.supplement_requested', 'dossier.supplement_completed',
      'dossier.completed', 'dossier.returned', 'rating.submitted', 'queue.ticket_issued', 'queue.called',
      'queue.served'][kind] AS type,
    formatDateTime(toDateTime(at, 'UTC'), '%Y-%m-%dT%H:%i:%SZ') AS time,
    concat('TAB-', replaceAll(unit, '.', '-'), '-1') AS device,
    multiIf(kind >= 8, ticket, kind = 7 AND channel != 'online', device, dossier) AS subject,
    concat(',"staff":"CB-', unit, '-', leftPad(toString(counter), 2, '0'), '"') AS by_staff,
    concat(',"counter":"', unit, '.Q', toString(counter), '"') AS at_counter,
    if(has_due_at, concat(',"due_at":"', text_of(due), '"'), '') AS appointment,
    multiIf(
      kind = 1, concat(',"procedure":"', procedure, '","channel":"', channel, '","applicant_type":"citizen"'),
      kind = 2, concat(',"procedure":"', procedure, '","channel":"', channel, '"', appointment, by_staff,
        if(channel = 'direct', at_counter, '')),
      kind = 3, concat(',"n":1,"by_fault":"applicant"', by_staff),
      kind = 4, concat(',"n":1', appointment),
      kind = 5, concat(',"outcome":"granted"', by_staff),
      kind = 6, concat(',"channel":"', channel, '"', if(channel = 'direct', at_counter, '')),
      kind = 7 AND channel = 'online', concat(',"channel":"online","scale":"csat5","score":', toString(score + 1),
        ',"dossier":"', dossier, '","procedure":"', procedure, '","language":"vi"'),
      kind = 7, concat(',"channel":"tablet","scale":"csat4","score":', toString(score), ',"device":"', device, '"',
        at_counter, by_staff, ',"dossier":"', dossier, '","language":"vi","device_time":"', time, '","counter_n":',
        toString(n % 100000)),
      kind = 8, '',
      concat(at_counter, by_staff)
    ) AS data
  FROM
  (
    SELECT
      n, unit, procedure, channel, counter, dossier, ticket, score, has_due_at, step.1 AS kind,
      instant(step.2) AS at,
      accepted + term_s + if(kind = 4, supplied - requested, 0) AS due
    FROM
    (
      SELECT
        n, procedure, channel, counter, term_s,
        {have_due_at:Array(UInt8)}[procedure_at] AS has_due_at,
        concat({city:String}, {units:Array(String)}[unit_at]) AS unit,
        formatDateTime(toDateTime(midnight + 25200, 'UTC'), '%y%m%d') AS day,
        concat(unit, '-', day, '-', toString(n % {dossiers_a_day:UInt32})) AS dossier,
        concat(unit, '-20', day, '-A', toString(n % {dossiers_a_day:UInt32})) AS ticket,
        [1, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4][1 + dice_3 % 12] AS score,
        supplied, requested, accepted,
        arrayFilter(
          step -> step.2 < {now:Int64},
          arrayConcat(
            if(channel = 'direct', [], [(1, submitted)]),
            [(2, accepted), (5, completed), (6, returned)],
            if(is_supplemented, [(3, requested), (4, supplied)], []),
            if(dice_3 % 1000 < 100, [(7, if(channel = 'online', returned, accepted) + 60 + intDiv(dice_3, 1000) % 600)], []),
            if(channel = 'direct' AND intDiv(dice_3, 1000000) % 1000 < 280,
              [(8, issued), (9, called), (10, accepted + 30)], [])
          )
        ) AS steps
      FROM
      (
        SELECT
          *,
          {midnights:Array(UInt32)}[1 + day_at] AS midnight,
          {procedures:Array(String)}[procedure_at] AS procedure,
          {terms_s:Array(Int64)}[procedure_at] AS term_s,
          1 + intDiv(dice_1, 65536) % {counters:Array(UInt8)}[unit_at] AS counter,
          multiIf(
            dice_2 % 100 < {direct_percents:Array(UInt8)}[procedure_at], 'direct',
            dice_2 % 100 < {direct_percents:Array(UInt8)}[procedure_at] + 4, 'post', 'online'
          ) AS channel,
          day_at * 28800 + {hours:Array(UInt8)}[1 + intDiv(dice_2, 100) % 100] * 3600 + intDiv(dice_2, 10000) % 3600 AS submitted,
          submitted + if(channel = 'direct', 60, toInt64(300 * exp2(intDiv(dice_2, 100000000) % 1024 / 170))) AS accepted,
          intDiv(dice_4, 100000) % 1024 / 1024 AS part,
          dice_4 % 10000 < {late_in_10000:UInt32} AS is_late,
          intDiv(dice_4, 10000) % 1000 < 40 AS is_supplemented,
          toInt64(greatest(600, multiIf(
            is_late AND part < 0.05, term_s * (3 + 200 * part) + 28800,
            is_late, term_s * (1.2 + part) + 28800,
            term_s * 0.05 * exp2(4.1 * part)
          ))) AS work_s,
          accepted + intDiv(work_s, 4) AS requested,
          requested + 14400 + intDiv(dice_4, 100000000) % 72000 AS supplied,
          accepted + work_s + if(is_supplemented, supplied - requested, 0) AS completed,
          completed + if(channel = 'online', 20 + dice_1 % 280, toInt64(600 * exp2(dice_1 % 1024 / 180))) AS returned,
          greatest(accepted - 120 - intDiv(dice_3, 1000) % 600, day_at * 28800) AS called,
          greatest(called - least(called, intDiv(dice_1, 1000) % 2400), day_at * 28800) AS issued
        FROM
        (
          SELECT
            number AS n,
            toInt64(intDiv(n, {dossiers_a_day:UInt32})) AS day_at,
            toInt64(bitShiftRight(cityHash64(n, 1), 1)) AS dice_1, toInt64(bitShiftRight(cityHash64(n, 2), 1)) AS dice_2, toInt64(bitShiftRight(cityHash64(n, 3), 1)) AS dice_3, toInt64(bitShiftRight(cityHash64(n, 4), 1)) AS dice_4,
            {unit_slots:Array(UInt16)}[1 + dice_1 % 1000] AS unit_at,
            if({are_branches:Array(UInt8)}[unit_at], {branch_slots:Array(UInt16)}, {point_slots:Array(UInt16)})[
              1 + intDiv(dice_1, 1000) % 1000
            ] AS procedure_at
          FROM numbers_mt({first:UInt64}, {dossiers:UInt64})
        )
      )
    )
    ARRAY JOIN steps AS step
  )
)
SETTINGS short_circuit_function_evaluation = 'force_enable', optimize_on_insert = 0, max_insert_threads = 2, max_block_size = 16384,
  min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 0
