"""Finds personal data in free text and replaces it by marks."""
