-- All versions of all units, by the day from which each holds.
SELECT unit, parent, level, name_vi, name_en, valid_from, valid_to
FROM units FINAL
ORDER BY unit, valid_from
