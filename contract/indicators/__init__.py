"""Indicators as data: rule sets, measures, cohorts, and the arithmetic of a figure."""
