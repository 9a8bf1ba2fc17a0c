"""The durable outbox: keeps accepted events on disk until Kafka has them."""
