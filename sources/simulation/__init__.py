"""A working day of one-stop units, made up: pure, and the same for the same seed, byte for byte."""
