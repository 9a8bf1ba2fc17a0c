"""Pairing a tablet by the code on its screen (RFC 8628)."""
