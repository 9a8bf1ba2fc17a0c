"""``hailong import``: a file and a mapping in, events through ingest, an account of every row."""
