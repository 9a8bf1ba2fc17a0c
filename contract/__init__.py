"""What all stages agree on: events, topics, scales, indicators, reference data. Pure: no stage reads or writes here."""
