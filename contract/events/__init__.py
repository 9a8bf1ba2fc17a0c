"""One event: its envelope, its data by type, the bounds of each field, and why it is refused."""
