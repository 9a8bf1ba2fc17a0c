"""Where people look: the read API and the supervisor's page."""
