"""The second route: every figure recounted from raw events by rules that share nothing with the SQL."""
