-- Every word on every unit, by the day from which it holds.
SELECT unit, parent, level, name_vi, name_en, valid_from, valid_to
FROM units FINAL
ORDER BY unit, valid_from
