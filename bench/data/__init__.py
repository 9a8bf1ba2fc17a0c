"""Events for benchmarks, the same for the same arguments."""
