"""The same SELECTs with Grafana's macros in place of parameters."""
