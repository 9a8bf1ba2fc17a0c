"""``hailong import``: an export of an existing system → events through ingest, with a report of what was not taken.

The file is read twice: first to find its units and procedures, which go ahead of the events that name them, and to
learn how long the work is; then to send. Running it again changes nothing, because ids come from the rows.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console

from contract.aliases import Aliases, aliases_from
from runtime.settings import Settings
from senders.accounting import RowAccount
from senders.cases import cases
from senders.client import IngestClient, IngestError, Receipt
from senders.endpoints import EndpointsError, resolve
from senders.mapping import Mapping, MappingError, load
from senders.readers import rows
from senders.reference_history import known
from senders.report import Report
from senders.rows import FileError, Row
from senders.settled import NotReachable, wait_until_stored
from senders.survey import reference_events, survey
from senders.transform import Made, Rejected, Transform

BAD_USE = 2


def run(settings: Settings, file: Path, mapping: Path) -> int:
    """Imports one file. 0: everything was taken; 1: something was refused; 2: nothing could be done, and why."""
    console = Console(highlight=False)
    try:
        return _run(resolve(settings), file, load(mapping), console)
    except (MappingError, FileError, EndpointsError) as fault:
        console.print(str(fault), style="red", markup=False, soft_wrap=True)
        return BAD_USE
    except IngestError as fault:
        message = f"ingest at {settings.ingest_url}: {fault}. Once mended, run the import again: nothing counts twice."
        console.print(message, style="red", markup=False, soft_wrap=True)
        return BAD_USE


def _run(settings: Settings, file: Path, mapping: Mapping, console: Console) -> int:
    transform = Transform(mapping, _aliases(settings, console))
    report = Report(file, settings.state_dir / "import", console, RowAccount(mapping))
    with report, IngestClient(settings.ingest_url, settings.api_key.get_secret_value()) as client:
        with report.stage("reading"):
            found = survey(file, mapping, transform)
        report.surveyed(found.rows, found.remarks)
        # Alone and first: an ingest beside the one that takes them hears of new units through the log.
        _send(client, reference_events(mapping, found), report)
        _send(client, produced(file, mapping, transform, report.account), report)
        with report.stage("store"):
            accepted = report.distinct_accepted()
            stored = _stored(settings, mapping.source, accepted, report, console)
        report.finish(stored, accepted)
        report.account.check(found.rows)
    return 1 if report.refused else 0


def _aliases(settings: Settings, console: Console) -> Aliases:
    """The other names of units that were loaded; none, and told so, while the read API does not answer."""
    events = known(settings)
    if events is None:
        console.print("other names of units are not known: the read API does not answer", soft_wrap=True)
    return aliases_from(events or ())


def _stored(settings: Settings, source: str, accepted: int, report: Report, console: Console) -> int | None:
    try:
        return wait_until_stored(settings, source, accepted, lambda stored: report.storing(stored, accepted))
    except NotReachable as fault:
        console.print(f"not waiting for the store, the read API does not answer: {fault}", markup=False, soft_wrap=True)
        return None


def produced(
    file: Path, mapping: Mapping, transform: Transform, account: RowAccount | None = None
) -> Iterator[Made | Rejected]:
    """Every event and every refusal of a file, case by case; ``account`` counts what becomes of each row."""
    counted = account or RowAccount(mapping)
    refused: list[Rejected] = []

    def keyed() -> Iterator[tuple[str, Row]]:
        for row in rows(file, mapping):
            counted.read += 1
            case = transform.case_of(row)
            if isinstance(case, Rejected):
                counted.refused += 1
                refused.append(case)
            else:
                yield case, row

    if mapping.rows == "case":
        grouped: Iterable[tuple[str, list[Row]]] = ((case, [row]) for case, row in keyed())
    else:
        # In XES too: a dossier may have two traces.
        grouped = cases(keyed(), sorting=True)
    for case, its_rows in grouped:
        yield from refused
        refused.clear()
        made = list(transform.events(case, its_rows))
        counted.settle(its_rows, made)
        yield from made
    yield from refused


def _send(client: IngestClient, events: Iterator[Made] | Iterator[Made | Rejected], report: Report) -> None:
    def lines() -> Iterator[bytes]:
        while True:
            started = time.perf_counter()
            event = next(events, None)
            report.spend("reading", time.perf_counter() - started)
            if event is None:
                return
            if isinstance(event, Rejected):
                report.reject(event)
            else:
                report.in_flight(event)
                yield event.line

    answered = 0

    def on_batch(receipt: Receipt) -> None:
        nonlocal answered
        report.answered(receipt, answered)
        answered = receipt.sent

    started, read_s = time.perf_counter(), report.spent("reading")
    client.send(lines(), on_batch)
    report.spend("ingest", time.perf_counter() - started - (report.spent("reading") - read_s))
