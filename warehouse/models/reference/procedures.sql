-- grain: one row per version of a procedure
-- key: procedure, holds_from
-- version: as_of
-- touched by: procedure
--
-- Procedures and their terms, from the touched events.
INSERT INTO procedures
SELECT
  subject AS procedure,
  coalesce(toDateTime64(toDateOrNull(data.effective_date), 3, {zone}), occurred_at) AS holds_from,
  unit, type = 'procedure.abolished' AS abolished,
  data.name_vi AS name_vi, data.name_en AS name_en, data.term AS term, data.term_unit AS term_unit,
  data.count_mode AS count_mode, data.deadline_rule AS deadline_rule, data.supplement_policy AS supplement_policy,
  arrayMap(
    cutoff -> (
      -- Later years do not fit.
      toDateTime64(
        least(coalesce(toDate32OrNull(cutoff.1), toDate32('2200-01-01')), toDate32('2200-01-01')), 3, {zone}
      ),
      if(
        cutoff.2 = '', {day_ms},
        toUInt32OrZero(substring(cutoff.2, 1, 2)) * {hour_ms} + toUInt32OrZero(substring(cutoff.2, 4, 2)) * {minute_ms}
      )
    ),
    arrayPushFront(data.cutoffs, ('1900-01-01', ''))
  ) AS cutoffs,
  bitShiftLeft((data.service_level >= 3)::UInt64, {attribute:procedure_online})
  + bitShiftLeft((data.service_level = 4)::UInt64, {attribute:procedure_full})
  + bitShiftLeft(data.full_online_eligible::UInt64, {attribute:procedure_eligible})
  + bitShiftLeft(data.has_fee::UInt64, {attribute:procedure_fee})
  + bitShiftLeft(data.requires_result::UInt64, {attribute:procedure_result})
  + bitShiftLeft((data.linked_service != '')::UInt64, {attribute:procedure_linked})
  + bitShiftLeft(data.parts_complete::UInt64, {attribute:procedure_described})
  + bitShiftLeft(data.online_payment::UInt64, {attribute:procedure_payable})
  + bitShiftLeft(data.restructured::UInt64, {attribute:procedure_restructured})
  + bitShiftLeft((data.annual_volume > 500)::UInt64, {attribute:procedure_busy})
  + bitShiftLeft((data.at_desk != '')::UInt64, {attribute:procedure_at_desk})
  + bitShiftLeft((data.at_desk = 'whole')::UInt64, {attribute:procedure_whole_at_desk})
  + bitShiftLeft(data.posted::UInt64, {attribute:procedure_posted}) AS attributes,
  toDate32OrNull(data.decision_date) AS decided_on,
  coalesce(toDate32OrNull(data.public_date), toDate32(occurred_at, {zone})) AS told_on,
  toDate32OrNull(data.effective_date) AS effective_on,
  occurred_at AS as_of
FROM
(
  SELECT
    type, unit, subject, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(
        name_vi String, name_en String, effective_date String, decision_date String, public_date String,
        term UInt32, term_unit String, count_mode String, deadline_rule String, supplement_policy String,
        cutoffs Array(Tuple(valid_from String, at String)), service_level UInt8, full_online_eligible Bool,
        has_fee Bool, requires_result Bool, linked_service String, parts_complete Bool, online_payment Bool,
        restructured Bool, annual_volume Int64, at_desk String, posted Bool
      )'
    ) AS data
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type IN ('procedure.published', 'procedure.updated', 'procedure.abolished')
)
