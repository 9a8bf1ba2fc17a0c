SELECT procedure, argMax(name_vi, (holds_from, as_of)) AS vi, argMax(name_en, (holds_from, as_of)) AS en
FROM procedures FINAL
GROUP BY procedure
