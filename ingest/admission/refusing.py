"""Masks what is kept and answered of a refused line, and logs lines on which hailong itself fails."""

from __future__ import annotations

import sys
import traceback
from dataclasses import replace

from contract.events.refusals import Refusal
from ingest.masking.masking import FREE_TEXT, mask_all_text
from ingest.masking.personal_data import mask
from ingest.outbox.batch import Refused
from runtime.telemetry import log

TEXT_FIELDS = tuple(f"data.{name}:" for name in FREE_TEXT)


class FaultLog:
    """Logs exceptions of admission, once for each line of code that raises them."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, int | None]] = set()

    def log_exception(self) -> None:
        """Logs the exception that is being handled, with its traceback, unless its line of code was logged before."""
        error = sys.exception()
        place = traceback.extract_tb(error.__traceback__)[-1] if error else None
        if place and (place.filename, place.lineno) not in self._logged:
            self._logged.add((place.filename, place.lineno))
            try:
                # An exception may quote the line.
                trace = mask(traceback.format_exc())
            except Exception:  # noqa: BLE001 masking itself is what failed
                trace = f"{type(error).__name__} in {place.filename}:{place.lineno}"
            remedy = "report this; the line is in /v1/refusals with the reason not_judged"
            log.error("line_not_judged", exception=trace, remedy=remedy)


def mask_refused(index: int, raw: bytes, refusal: Refusal, faults: FaultLog) -> Refused:
    """A refused line without personal data, neither in its bytes nor in the detail that its sender reads."""
    try:
        if refusal.detail.startswith(TEXT_FIELDS):
            refusal = replace(refusal, detail=mask(refusal.detail))
        kept = mask_all_text(raw)
    except Exception:  # noqa: BLE001 what cannot be masked is not kept
        faults.log_exception()
        kept = b""
    return Refused(index, refusal, kept)
