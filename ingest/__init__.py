"""Where an event is admitted: HTTP in, a synced outbox, Kafka out."""
