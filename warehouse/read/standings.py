"""The state of dossiers at the end of a period, from sums up to its end and up to its start. Pure.

Every dossier has up to three instants: it is accepted, closed (it ends, not before its acceptance) and passed (its
appointment passes, not before its acceptance). Counting instants before the period's start and before its end is
enough for all but one thing: a dossier of which one of closing and passing lies before the period and the other behind
it (``spans…``). What is late stands in contract/indicators/lateness.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MARKS = (
    *("accepted", "accepted_again", "closed", "closed_again", "closed_late", "passed"),
    # Of dossiers that pass before they close, if ever: those that are late while they are open, but for papers asked
    # for twice; the same with papers asked for twice; of the latter those that never close.
    *("late_since", "late_until", "passed_open", "closed_passed", "passed_never_closed"),
    # Of dossiers that close before they pass: those that count as late all the same.
    *("closed_early_late", "passed_early_late"),
    # Of dossiers that do both: by the first and by the second of the two.
    *("first", "second"),
    # Those with an appointment; of these, those asked for papers twice by the first of closing and passing. All others
    # above that speak of papers asked for twice, or of what is late, are of dossiers with an appointment as well.
    *("accepted_appointed", "closed_appointed", "again_first"),
)
"""What is counted at an instant, in the order in which the store keeps it (``marks`` of days_of_dossiers)."""


WORK_SUMS = ("nets", "net_s", "steps_due", "steps_early", "steps_in_time")
"""Measures of work (contract/indicators/measures.py), in the order in which the store keeps their sums."""


@dataclass
class Sums:
    """What the marks of some units add up to before the end and before the start of a period.

    ``cases`` are dossiers that took a step within the period, by their keys (contract/indicators/cohorts.py); ``work``
    and ``lags_s`` what is summed and spread over those that were settled and given back in it.
    ``spans…`` are dossiers with the first of closing and passing before the period and the second not before its end:
    all of them, those that pass first, and those that close first and count as late.
    """

    to_end: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MARKS, 0))
    to_start: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MARKS, 0))
    cases: Counter[int] = field(default_factory=Counter)
    work: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WORK_SUMS, 0))
    lags_s: Counter[int] = field(default_factory=Counter)
    spans_all: int = 0
    spans_passed_first: int = 0
    spans_closed_first_late: int = 0

    def add(
        self,
        to_end: Sequence[int] = (),
        to_start: Sequence[int] = (),
        cases_to_end: Mapping[int, int] | None = None,
        cases_to_start: Mapping[int, int] | None = None,
        work_to_end: Sequence[int] = (),
        work_to_start: Sequence[int] = (),
        lags_to_end: Mapping[int, int] | None = None,
        lags_to_start: Mapping[int, int] | None = None,
        spans_all: int = 0,
        spans_passed_first: int = 0,
        spans_closed_first_late: int = 0,
    ) -> None:
        """Adds marks in their order, none when empty, and what else one answer of the store counts."""
        for sums, marks in ((self.to_end, to_end), (self.to_start, to_start)):
            for name, count in zip(MARKS, marks, strict=bool(marks)):
                sums[name] += count
        for sign, worked in ((1, work_to_end), (-1, work_to_start)):
            for name, count in zip(WORK_SUMS, worked, strict=bool(worked)):
                self.work[name] += sign * count
        self.cases.update(cases_to_end or {})
        self.cases.subtract(cases_to_start or {})
        self.lags_s.update(lags_to_end or {})
        self.lags_s.subtract(lags_to_start or {})
        self.spans_all += spans_all
        self.spans_passed_first += spans_passed_first
        self.spans_closed_first_late += spans_closed_first_late


def work(sums: Sums) -> dict[str, int | dict[int, int]]:
    """The measures of the work that dossiers took in the period (contract/indicators/measures.py)."""
    return {**sums.work, "return_lags_s": dict(+sums.lags_s)}


def standing(sums: Sums) -> dict[str, int]:
    """The measures of how dossiers stood (contract/indicators/measures.py), but for those with an appointment soon."""
    end, start = sums.to_end, sums.to_start
    within = {name: end[name] - start[name] for name in MARKS}
    is_open = end["accepted"] - end["closed"]
    open_appointed = end["accepted_appointed"] - end["closed_appointed"]
    open_late = (end["accepted_again"] - end["closed_again"]) + end["late_since"] - end["late_until"]
    # Both within the period: the second before its end, but for those whose first was before its start.
    passed_and_closed = end["second"] - start["first"] + sums.spans_all
    # Late at the end by an appointment within the period: open then, or closed before the period and late all the same.
    passed_still_open = (
        end["passed_open"] - end["closed_passed"] - start["passed_never_closed"] - sums.spans_passed_first
    )
    closed_before_passed = start["closed_early_late"] - start["passed_early_late"] - sums.spans_closed_first_late
    # Late at the end though their appointment is still to come.
    late_beforehand = end["accepted_again"] - end["again_first"]
    judged = within["closed_appointed"] + open_appointed
    return {
        "open": is_open,
        "open_appointed": open_appointed,
        "unappointed": within["closed"] + is_open - judged,
        "settled_or_open": judged,
        "on_time_or_running": judged - within["closed_late"] - open_late,
        "due_or_settled": within["passed"] + within["closed_appointed"] - passed_and_closed + late_beforehand,
        "overdue": within["closed_late"] + passed_still_open + closed_before_passed + late_beforehand,
    }
