"""Units, procedures, calendars and targets as CSV files, read into events and written back."""
