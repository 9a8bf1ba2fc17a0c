"""Mapping files, and the functions that they are compiled to: cells in, event data out."""
