"""A mapping compiled to functions: cells of a row in, typed event data out."""
