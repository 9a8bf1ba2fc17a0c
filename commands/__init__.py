"""The command line ``hailong``: it starts every stage, and no stage imports it."""
