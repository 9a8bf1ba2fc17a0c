"""Sends events that are at hand all at once, and shows how far it is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from runtime.ingest_client import Absence, IngestClient, IngestError, Receipt, absence_text
from runtime.settings import Settings


def line(event: dict[str, Any]) -> bytes:
    """The event as one line of JSON."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def send_shown(
    settings: Settings, lines: Iterable[bytes], total: int, out: Console, title: str, plain_prefix: str
) -> Receipt:
    """Sends all ``total`` lines in order, under a bar called ``title`` on a terminal, else with a plain line a batch.

    Raises ``IngestError``, also when nothing of a first batch was taken: then the rest would fare alike.
    """
    bar = Progress(TextColumn(title), BarColumn(), MofNCompleteColumn(), console=out, disable=not out.is_terminal)

    def tell(absence: Absence) -> None:
        out.print(absence_text(absence), style="yellow", markup=False, soft_wrap=True)

    with bar, IngestClient(settings.ingest_url, settings.api_key.get_secret_value(), on_absence=tell) as client:
        task = bar.add_task("", total=total)

        def show(receipt: Receipt) -> None:
            bar.update(task, completed=receipt.sent)
            if not out.is_terminal:
                out.print(f"{plain_prefix}{receipt.sent} of {total} events sent")
            if receipt.accepted == 0 and receipt.sent < total and receipt.rejected:
                first = receipt.rejected[0]
                remedy = "; load the units first: hailong reference load" if first["reason"] == "unknown_unit" else ""
                raise IngestError(f"none of {receipt.sent} events: {first['reason']}: {first['detail']}{remedy}")

        return client.send(lines, show)
