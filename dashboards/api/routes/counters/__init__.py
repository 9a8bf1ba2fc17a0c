"""Routes about the counters: who waits, the tablets, acknowledgements."""
