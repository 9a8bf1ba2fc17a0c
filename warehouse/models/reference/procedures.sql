-- grain: one row per procedure and instant from which a version of it holds
-- key: procedure, holds_from
-- version: as_of
-- touched by: procedure
--
-- Procedures and their terms as the touched events tell them.
INSERT INTO procedures
SELECT
  subject AS procedure,
  coalesce(toDateTime64(toDateOrNull(p.effective_date), 3, {zone}), occurred_at) AS holds_from,
  unit, type = 'procedure.abolished' AS abolished,
  p.name_vi AS name_vi, p.name_en AS name_en, p.term AS term, p.term_unit AS term_unit,
  p.count_mode AS count_mode, p.deadline_rule AS deadline_rule, p.supplement_policy AS supplement_policy,
  arrayMap(
    cutoff -> (
      -- Later years do not fit.
      toDateTime64(least(coalesce(toDate32OrNull(cutoff.1), toDate32('2200-01-01')), toDate32('2200-01-01')), 3, {zone}),
      if(
        cutoff.2 = '', {day_ms},
        toUInt32OrZero(substring(cutoff.2, 1, 2)) * {hour_ms} + toUInt32OrZero(substring(cutoff.2, 4, 2)) * {minute_ms}
      )
    ),
    arrayPushFront(p.cutoffs, ('1900-01-01', ''))
  ) AS cutoffs,
  bitShiftLeft((p.service_level >= 3)::UInt64, {attribute:procedure_online})
  + bitShiftLeft((p.service_level = 4)::UInt64, {attribute:procedure_full})
  + bitShiftLeft(p.full_online_eligible::UInt64, {attribute:procedure_eligible})
  + bitShiftLeft(p.has_fee::UInt64, {attribute:procedure_fee})
  + bitShiftLeft(p.requires_result::UInt64, {attribute:procedure_result})
  + bitShiftLeft((p.linked_service != '')::UInt64, {attribute:procedure_linked})
  + bitShiftLeft(p.parts_complete::UInt64, {attribute:procedure_described})
  + bitShiftLeft(p.online_payment::UInt64, {attribute:procedure_payable})
  + bitShiftLeft(p.restructured::UInt64, {attribute:procedure_restructured})
  + bitShiftLeft((p.annual_volume > 500)::UInt64, {attribute:procedure_busy})
  + bitShiftLeft((p.at_desk != '')::UInt64, {attribute:procedure_at_desk})
  + bitShiftLeft((p.at_desk = 'whole')::UInt64, {attribute:procedure_whole_at_desk})
  + bitShiftLeft(p.posted::UInt64, {attribute:procedure_posted}) AS attributes,
  toDate32OrNull(p.decision_date) AS decided_on,
  coalesce(toDate32OrNull(p.public_date), toDate32(occurred_at, {zone})) AS told_on,
  toDate32OrNull(p.effective_date) AS effective_on,
  occurred_at AS as_of
FROM
(
  SELECT
    type, unit, subject, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(name_vi String, name_en String, effective_date String, decision_date String, public_date String, term UInt32, term_unit String, count_mode String, deadline_rule String, supplement_policy String, cutoffs Array(Tuple(valid_from String, at String)), service_level UInt8, full_online_eligible Bool, has_fee Bool, requires_result Bool, linked_service String, parts_complete Bool, online_payment Bool, restructured Bool, annual_volume Int64, at_desk String, posted Bool)'
    ) AS p
  FROM events_of_touched_hours(batches = {batches:Array(UInt64)})
  WHERE type IN ('procedure.published', 'procedure.updated', 'procedure.abolished')
)
