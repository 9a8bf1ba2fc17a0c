"""The durable outbox: accepted events synced to disk until Kafka has them."""
