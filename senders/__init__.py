"""Who sends without a system of their own: files, reference data and the simulated day, all through ingest's HTTP."""
