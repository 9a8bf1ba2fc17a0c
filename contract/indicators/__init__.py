"""Indicators as data: rule sets, measures, cohorts; the arithmetic of a figure, its points, bands and warnings."""
