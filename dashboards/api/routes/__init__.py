"""One file a route of the read API, or a few that belong together."""
