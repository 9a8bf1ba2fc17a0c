"""Rating scales, and the closed list of reasons for a low score."""
