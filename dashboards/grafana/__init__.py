"""Grafana's dashboards and alert rules, written from code."""
