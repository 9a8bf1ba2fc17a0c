"""Printed reports: forms and sheets as Excel, HTML and PDF, and mail."""
