"""Texts for people in each language, how figures and times are written, and others' text made safe to show."""
