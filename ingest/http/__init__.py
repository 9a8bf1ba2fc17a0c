"""Reads requests with events, and describes ingest's routes in its OpenAPI document."""
