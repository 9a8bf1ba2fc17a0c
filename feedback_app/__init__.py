"""Where a citizen answers: the tablet page, which posts ratings to ingest."""
