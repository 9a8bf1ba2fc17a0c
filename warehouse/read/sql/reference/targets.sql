SELECT unit, indicator, op, value, valid_from, valid_to, source
FROM targets FINAL
ORDER BY unit, indicator, valid_from
