"""Where events come from besides tablets: files, reference data and the simulation, all through ingest."""
