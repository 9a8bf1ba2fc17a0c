"""Admits or refuses events, and keeps the registry of units and tablets that this needs."""
