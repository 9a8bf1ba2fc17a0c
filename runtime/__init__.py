"""Needed by every process: settings, clock, log, metrics, Kafka, and one client each of ingest and the read API."""
