-- Procedures and their terms as the touched events tell them.
INSERT INTO procedures
SELECT
  subject AS procedure, p.name_vi AS name_vi, p.name_en AS name_en, p.term AS term, p.term_unit AS term_unit,
  p.count_mode AS count_mode, p.deadline_rule AS deadline_rule, p.supplement_policy AS supplement_policy,
  p.service_level AS service_level, p.full_online_eligible AS full_online_eligible, p.has_fee AS has_fee,
  p.requires_result AS requires_result, p.linked_service AS linked_service,
  occurred_at AS as_of
FROM
(
  SELECT
    subject, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(name_vi String, name_en String, term UInt32, term_unit String, count_mode String, deadline_rule String, supplement_policy String, service_level UInt8, full_online_eligible Bool, has_fee Bool, requires_result Bool, linked_service String)'
    ) AS p
  FROM touched_reference(batches = {batches:Array(UInt64)})
  WHERE type IN ('procedure.published', 'procedure.updated')
)
