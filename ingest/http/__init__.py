"""Reading requests, and ingest's OpenAPI document."""
