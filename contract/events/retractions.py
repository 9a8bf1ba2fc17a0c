"""What is taken back with an import, and which sources can be taken back at all."""

from __future__ import annotations

RETRACTABLE = "import/"
"""How a source begins that can be taken back: that of files. What tablets and systems sent live stays."""

FAMILIES = ("dossier", "component", "payment", "queue", "rating", "petition", "staff", "point", "figures")
"""The first words of the event types that go with their import. Units, procedures and all else that others refer to
stay: events of other sources may lean on them.
"""


def can_be_retracted(source: str) -> bool:
    """Whether the events of this source can be taken back."""
    return source.startswith(RETRACTABLE)


def goes_with_its_import(event_type: str) -> bool:
    """Whether events of this type count no more once their import is taken back."""
    return event_type.partition(".")[0] in FAMILIES
