"""Which sources can be retracted, and which of their events a retraction removes from all figures."""

from __future__ import annotations

RETRACTABLE = "import/"
"""Prefix of the sources that can be retracted: imported files. Live events of tablets and systems stay."""

FAMILIES = ("dossier", "component", "payment", "queue", "rating", "petition", "staff", "point", "figures")
"""First parts of the event types that a retraction removes. Units, procedures and other reference facts stay: events of
other sources may refer to them.
"""


def can_be_retracted(source: str) -> bool:
    """Whether the source's events can be retracted."""
    return source.startswith(RETRACTABLE)


def goes_with_its_import(event_type: str) -> bool:
    """Whether a retraction removes events of this type from the figures."""
    return event_type.partition(".")[0] in FAMILIES
