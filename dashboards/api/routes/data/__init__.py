"""Routes about the data itself: units and reference data, how old it is, where it came from."""
