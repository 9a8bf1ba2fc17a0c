"""The base of the benchmarks: processes, stores, load, and the report of their rows."""
