"""What the sink is compared with: each a small program that reads the same messages into the same engine."""
