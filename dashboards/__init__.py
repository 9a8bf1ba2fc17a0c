"""Where people look: the read API, the pages, Grafana and printed reports."""
