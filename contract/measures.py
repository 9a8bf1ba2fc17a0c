"""The counts that indicators are made of: a closed list, each with what it counts.

The warehouse has one expression for each (a test compares the two lists); a catalogue entry names them.
"""

from __future__ import annotations

MEASURES: dict[str, str] = {
    # by the unit-hour in which the rating was given
    "answered": "ratings given",
    "satisfied": "ratings at or above the scale's satisfied level",
    "dissatisfied": "ratings below the scale's satisfied level",
    "very_answered": "ratings on a scale that has a top level",
    "very_satisfied": "ratings at that top level",
    # by the unit-hour of the ticket's step
    "tickets_issued": "queue tickets issued",
    "tickets_called": "queue tickets called to a counter",
    "tickets_called_in_time": "of those, called within 15 minutes of being issued",
    "tickets_served": "queue tickets served",
    "tickets_abandoned": "queue tickets given up",
    "waits": "served tickets whose wait is known",
    "waited_s": "seconds those waited in all",
    "waits_s": "how many of those waited how many seconds (a distribution)",
    "finished_transactions": "dossiers returned and tickets served",
    # by the instant of the dossier's step, as things stood at the end of the period
    "received": "dossiers received in the period",
    "received_online": "of those, handed in online",
    "accepted": "dossiers accepted in the period",
    "accepted_supplemented": "of those, sent back for papers at least once",
    "accepted_supplemented_again": "of those, sent back more than once",
    "settled": "dossiers settled or returned in the period",
    "settled_early": "of those, before the day of their appointment",
    "settled_or_open": "dossiers that ended in the period after acceptance, or are open at its end",
    "on_time_or_running": "of those, ended in time, withdrawn, or open and not past their appointment",
    "due_or_settled": "dossiers whose appointment passed, or that ended, in the period",
    "overdue": "of those, ended late or open past their appointment",
    "open": "dossiers accepted and not ended at the end of the period",
    "due_soon": "of those, with an appointment in the next 24 hours",
    # by the unit-hour in which the event happened
    "events": "events stored",
    "delays_s": "how many of those were recorded how many seconds late (a distribution)",
}

OF_DOSSIERS = frozenset(
    {
        "received",
        "received_online",
        "accepted",
        "accepted_supplemented",
        "accepted_supplemented_again",
        "settled",
        "settled_early",
        "settled_or_open",
        "on_time_or_running",
        "due_or_settled",
        "overdue",
        "open",
        "due_soon",
    }
)
"""Measures that are counted dossier by dossier; all others are kept by unit-hour."""

DISTRIBUTIONS = frozenset({"waits_s", "delays_s"})
"""Measures that are not one number but how often each value occurs."""
