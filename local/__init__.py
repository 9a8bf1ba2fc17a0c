"""The embedded default: a single Kafka node and the ClickHouse engine on this machine's loopback."""
