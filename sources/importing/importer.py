"""``hailong import``: an export of an existing system → events through ingest, with a report of what was not taken.

The file is read twice: first to find its units and procedures, which go ahead of the events that name them, and to
learn how long the work is; then to send. Running it again changes nothing, because ids come from the rows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from contract.reference.aliases import Aliases, aliases_from
from runtime.clock import clock_from
from runtime.endpoints import EndpointsError, resolve
from runtime.ingest_client import IngestClient, IngestError, Receipt
from runtime.settings import Settings
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent, Rejected
from sources.files.rows import FileError
from sources.importing.appointments import warning_text, without_appointment
from sources.importing.dry_run import DryRun
from sources.importing.events_of_file import read_events
from sources.importing.report import Report
from sources.importing.row_account import RowAccount
from sources.importing.survey import reference_events, survey
from sources.importing.undo import find_retraction
from sources.mapping.calendars import NO_CALENDAR
from sources.mapping.mapping_file import MappingError, MappingFile, load
from sources.reference.reference_events import reference_events_if_known
from sources.wait_until_stored import Counts, NotReachable, WaitResult, counts_now, wait_until_stored

BAD_USE = 2
NOT_COUNTED = 3

Reference = list[dict[str, Any]]


def run(settings: Settings, file: Path, mapping: Path, *, dry_run: bool = False) -> int:
    """Imports one file, or with ``dry_run`` prints what an import would do; the exit code.

    0: everything was taken; 1: something was refused; 2: nothing could be done, and why; 3: everything was taken, but
    not all of it was in the figures when nothing moved any more.
    """
    console = Console(highlight=False)
    try:
        return (_dry_run if dry_run else _run)(resolve(settings), file, load(mapping), console)
    except (MappingError, FileError, EndpointsError) as fault:
        console.print(str(fault), style="red", markup=False, soft_wrap=True)
        return BAD_USE
    except IngestError as fault:
        message = f"ingest at {settings.ingest_url}: {fault}. Once mended, run the import again: nothing counts twice."
        console.print(message, style="red", markup=False, soft_wrap=True)
        return BAD_USE


def _run(settings: Settings, file: Path, mapping: MappingFile, console: Console) -> int:
    reference = reference_events_if_known(settings)
    _require_not_retracted(mapping, reference or [])
    compiled = CompiledMapping(mapping, _aliases(reference, console))
    report = Report(file, settings.state_dir / "import", console, RowAccount(mapping))
    key = settings.api_key.get_secret_value()
    with report, IngestClient(settings.ingest_url, key, on_absence=report.show_absence) as client:
        with report.stage("reading"):
            surveyed = survey(file, mapping, compiled)
        report.show_survey(surveyed.rows, surveyed.remarks)
        before = counts_now(settings, mapping.source)
        # Alone and first: another ingest process learns of new units through the log.
        ours = list(reference_events(mapping, surveyed))
        _send(client, iter(ours), report)
        _send(client, read_events(file, mapping, compiled, report.account), report)
        warn_of_appointments(mapping, compiled, [*(reference or ()), *map(_body, ours)], report)
        with report.stage("store"):
            accepted = report.distinct_accepted()
            waited = _wait_for_store(settings, mapping.source, accepted, before, report)
        is_whole = before is not None and waited is not None and not waited.reason
        new = waited.counts.rows - before.rows if is_whole and waited and before else None
        report.finish(waited, accepted, new, compiled.hidden)
        report.account.check(surveyed.rows)
    return 1 if report.refused else NOT_COUNTED if waited and waited.reason else 0


def _dry_run(settings: Settings, file: Path, mapping: MappingFile, console: Console) -> int:
    reference = reference_events_if_known(settings)
    _require_not_retracted(mapping, reference or [])
    compiled = CompiledMapping(mapping, _aliases(reference, console))
    with Report(file, settings.state_dir / "import", console, RowAccount(mapping), "dry-run") as report:
        surveyed = survey(file, mapping, compiled)
        report.show_survey(surveyed.rows, surveyed.remarks)
        ours = list(reference_events(mapping, surveyed))
        trial = DryRun(settings, report, reference, clock_from(settings.clock)())
        for event in ours:
            trial.add(event)
        for event_or_refusal in read_events(file, mapping, compiled, report.account):
            trial.add(event_or_refusal)
        warn_of_appointments(mapping, compiled, [*(reference or ()), *map(_body, ours)], report)
        trial.finish(compiled.hidden)
        report.account.check(surveyed.rows)
    return 1 if report.refused else 0


def _require_not_retracted(mapping: MappingFile, reference: Reference) -> None:
    """Raises ``MappingError`` when what was imported under the mapping's name was taken back."""
    if former := find_retraction(reference, mapping.source):
        by = f"{mapping.source} was taken back by {former['data']['by']} ({former['data']['reason']})"
        raise MappingError(f"{by}; give the mended mapping another name (`mapping:`)")


def _aliases(reference: Reference | None, console: Console) -> Aliases:
    """The loaded other names of units; none, with a note on the terminal, while the read API does not answer."""
    if reference is None:
        console.print("other names of units are not known: the read API does not answer", soft_wrap=True)
    return aliases_from(reference or ())


def warn_of_appointments(mapping: MappingFile, compiled: CompiledMapping, reference: Reference, report: Report) -> None:
    """Warns of dossiers that have neither a due date nor a calendar by which their term could be counted."""
    if mapping.units and mapping.units.calendar == NO_CALENDAR:
        return
    pairs = without_appointment(compiled.without_due, reference)
    if pairs:
        report.warn(warning_text(pairs))


def _body(event: MappedEvent) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(event.line)
    return body


def _wait_for_store(
    settings: Settings, source: str, accepted: int, before: Counts | None, report: Report
) -> WaitResult | None:
    def show(stored: int, doing: str) -> None:
        report.show_storing(stored, accepted, doing)

    try:
        return wait_until_stored(settings, source, accepted, show, before)
    except NotReachable as fault:
        report.warn(f"not waiting for the store, the read API does not answer: {fault}")
        return None


def _send(
    client: IngestClient, events: Iterator[MappedEvent] | Iterator[MappedEvent | Rejected], report: Report
) -> None:
    def lines() -> Iterator[bytes]:
        while True:
            started = time.perf_counter()
            event = next(events, None)
            report.spend("reading", time.perf_counter() - started)
            if event is None:
                return
            if isinstance(event, Rejected):
                report.add_rejected(event)
            else:
                report.add_sent(event)
                yield event.line

    answered = 0

    def on_batch(receipt: Receipt) -> None:
        nonlocal answered
        report.add_answer(receipt, answered)
        answered = receipt.sent

    started, read_s = time.perf_counter(), report.spent("reading")
    client.send(lines(), on_batch)
    report.spend("ingest", time.perf_counter() - started - (report.spent("reading") - read_s))
