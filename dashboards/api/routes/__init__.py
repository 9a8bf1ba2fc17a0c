"""The routes of the read API, a file for each or for a few about one subject."""
