"""The derived tables, one statement each, and the order in which a recomputation makes them."""
