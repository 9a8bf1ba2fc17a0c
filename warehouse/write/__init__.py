"""Inserts, recomputation of derived tables, rebuilds and retractions."""
