"""What the benchmarks run on: processes, stores, load, and the report of their rows."""
