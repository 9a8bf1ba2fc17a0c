"""The peers of the sink: each a small program that reads the same messages into the same engine."""
