-- Procedures and their terms as the touched events tell them.
INSERT INTO procedures
SELECT
  subject AS procedure, p.name_vi AS name_vi, p.name_en AS name_en, p.term AS term, p.term_unit AS term_unit,
  p.count_mode AS count_mode, p.deadline_rule AS deadline_rule, p.supplement_policy AS supplement_policy,
  occurred_at AS as_of
FROM
(
  SELECT
    subject, occurred_at,
    JSONExtract(
      body, 'data',
      'Tuple(name_vi String, name_en String, term UInt32, term_unit String, count_mode String, deadline_rule String, supplement_policy String)'
    ) AS p
  FROM touched_reference(batches = {batches:Array(UInt64)})
  WHERE type IN ('procedure.published', 'procedure.updated')
)
