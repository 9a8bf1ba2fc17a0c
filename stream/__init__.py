"""Where an event becomes a row: Kafka in, ClickHouse out, offsets last."""
