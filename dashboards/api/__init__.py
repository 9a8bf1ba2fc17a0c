"""The read API: every figure that is shown anywhere, with its evidence."""
