"""Rows of CSV, Excel, Parquet and XES files, exact or refused with their place."""
