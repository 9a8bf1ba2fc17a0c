"""The model of a mapping file, and its faults as sentences."""
