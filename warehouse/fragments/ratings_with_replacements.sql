SELECT
  unit, hour, event_id, dossier,
  countIf(NOT has({retracted:Array(String)}, toString(source))) AS standing,
  2 * count() - standing AS seen
FROM replacements FINAL
