"""Sends a finite list of events with a progress bar."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from runtime.ingest_client import Absence, IngestClient, IngestError, Receipt, absence_text
from runtime.progress import ProgressBar
from runtime.settings import Settings


def send_with_progress(
    settings: Settings, lines: Iterable[bytes], total: int, out: Console, title: str, plain_prefix: str
) -> Receipt:
    """Sends all ``total`` lines in order, under a bar called ``title`` on a terminal, else with a plain line a batch.

    Raises ``IngestError``, also when nothing of a first batch was taken: then the rest would fare alike.
    """
    bar = ProgressBar(out, title, total, timed=False, transient=False)

    def print_absence(absence: Absence) -> None:
        out.print(absence_text(absence), style="yellow", markup=False, soft_wrap=True)

    key = settings.api_key.get_secret_value()
    with bar, IngestClient(settings.ingest_url, key, on_absence=print_absence) as client:

        def show(receipt: Receipt) -> None:
            bar.update(receipt.sent)
            bar.print_line(f"{plain_prefix}{receipt.sent} of {total} events sent")
            rejection = receipt.first_rejection
            if receipt.accepted == 0 and receipt.sent < total and rejection:
                remedy = "; load the units first: hailong reference load" if rejection.reason == "unknown_unit" else ""
                raise IngestError(f"none of {receipt.sent} events: {rejection}{remedy}")

        return client.send(lines, show)
