"""Benchmarks: every figure beside its floor or its peers in the same run."""
