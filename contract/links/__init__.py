"""Signed links, tablet tokens and pairing codes."""
