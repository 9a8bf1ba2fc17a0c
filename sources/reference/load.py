"""``hailong reference load``, ``check``, ``export``: CSV files or a workbook become reference events, all or none."""

from __future__ import annotations

import getpass
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from contract.reference.changes import folder_hash
from contract.reference.export import texts
from contract.reference.files import FILES, Parsed, columns, parse
from contract.reference.rows import Fault
from runtime.api_client import ApiError
from runtime.clock import clock_from
from runtime.endpoints import EndpointsError, resolve
from runtime.ingest_client import IngestError, Receipt, event_line
from runtime.settings import Settings
from sources.reference.history import load_event, print_changes
from sources.reference.reference_events import api_of, reference_events_if_known
from sources.reference.tablet_tokens import TabletTokens
from sources.reference.tablets import known_tablets, with_tokens
from sources.reference.workbook import is_workbook, texts_of
from sources.send_all import send_with_progress

HANOI = "hanoi"
REFUSALS_SHOWN = 20
PATIENCE_S = 120.0
NO_TOKEN = "0" * 64
"""A hash that no token has."""

out = Console(highlight=False)


def run(settings: Settings, place: Path | None, by: str | None = None) -> int:
    """Loads ``place``, a folder or a workbook (Hanoi's own data when None), through ingest; the exit code.

    The load itself is an event as well, with its user (``by``, that of this process when None) and the changes.
    0: all accepted. 1: wrong lines, nothing sent; or ingest refused some, which are printed. 2: ingest cannot be used.
    """
    try:
        settings = resolve(settings)
    except EndpointsError as error:
        out.print(f"[red]{error}[/]")
        return 2
    if not settings.api_key.get_secret_value():
        out.print("[red]HAILONG_API_KEY[/] is not set and no local stack was found: start one with `hailong up`")
        return 2
    parsed = read(place)
    if parsed.faults:
        _print_faults(parsed.faults)
        out.print("nothing was loaded")
        return 1
    before = reference_events_if_known(settings)
    try:
        tokens = TabletTokens(settings.state_dir)
        pairings = with_tokens(parsed.events, known_tablets(settings, PATIENCE_S), tokens)
        events = pairings.events
        receipt = send(settings, events)
        load = load_event(
            [*events, *pairings.outdated],
            # A line behind a newer pairing or revocation changes nothing.
            before and [*before, *pairings.outdated],
            by=by or getpass.getuser(),
            name=HANOI if place is None else place.resolve().name,
            sha256=folder_hash(_texts(place, [])),
            at=clock_from(settings.clock)(),
            refused=len(receipt.rejected),
        )
        load_receipt = send(settings, [load])
    except IngestError as error:
        out.print(f"[red]ingest at {settings.ingest_url} does not take the events[/]: {error}", soft_wrap=True)
        return 2
    print_changes(load["data"]["files"])
    _print_receipt(events, receipt)
    if pairings.new:
        out.print(
            f"{len(pairings.new)} tablets have a new token, in {tokens.path}; `hailong reference tablet` prints their "
            "addresses",
            markup=False,
            soft_wrap=True,
        )
    if pairings.outdated:
        out.print(f"{len(pairings.outdated)} tablets were paired or revoked since, and stay so", soft_wrap=True)
    if rejection := load_receipt.first_rejection:
        out.print(f"that it was loaded was not taken: {rejection.detail}", markup=False, soft_wrap=True)
    return 1 if receipt.rejected or load_receipt.rejected else 0


def check(place: Path) -> int:
    """Checks a folder or a workbook without sending anything; the exit code: 1 when a line is wrong."""
    parsed = read(place)
    if parsed.faults:
        _print_faults(parsed.faults)
        return 1
    table = Table("kind", "lines")
    for kind, n in Counter(event["type"] for event in parsed.events).items():
        table.add_row(kind, str(n))
    out.print(table)
    return 0


def export(settings: Settings, folder: Path) -> int:
    """Writes the reference data that the system holds as a folder of CSV files that can be loaded again; the exit code.

    1: the folder has files of these names already, and is left as it is. 2: the read API does not answer.
    """
    try:
        settings = resolve(settings)
        with api_of(settings) as api:
            events = api.get("/v1/reference")["events"]
    except (EndpointsError, ApiError) as error:
        out.print(f"[red]the read API at {settings.api_url} does not answer[/]: {error}", soft_wrap=True)
        return 2
    contents = texts(events)
    in_the_way = [name for name in contents if (folder / name).exists()]
    if in_the_way:
        out.print(f"[red]{folder} has {', '.join(in_the_way)} already[/]; nothing was written", soft_wrap=True)
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
        out.print(folder / name, soft_wrap=True)
    return 0


def print_file_columns() -> None:
    """Prints which files a folder may have, and their columns."""
    table = Table("file", "required columns", "further columns")
    for name, (required, optional) in columns().items():
        table.add_row(name, ", ".join(required), ", ".join(optional), end_section=True)
    out.print(table)


def _print_faults(faults: list[Fault]) -> None:
    for fault in faults:
        out.print(str(fault), markup=False, soft_wrap=True)
    out.print(f"[red]{len(faults)} wrong lines[/]")


def read(place: Path | None) -> Parsed:
    """The events of a folder, a workbook or Hanoi's own data; its tablets have no token yet (``with_tokens``)."""
    faults: list[Fault] = []
    texts = _texts(place, faults)
    if not texts and not faults:
        faults.append(Fault(str(place), 0, f"has none of {', '.join(FILES)}"))
    name = HANOI if place is None else place.resolve().stem if is_workbook(place) else place.resolve().name
    parsed = parse(texts, f"reference/{name}", lambda _device: NO_TOKEN)
    if faults:
        return Parsed([], faults + parsed.faults)
    return parsed


def _texts(place: Path | None, faults: list[Fault]) -> dict[str, str]:
    """The files by name; what cannot be read is added to ``faults``."""
    if place is not None and is_workbook(place):
        return texts_of(place, faults)
    at = files("contract") / "reference" / HANOI if place is None else place
    if not at.is_dir():
        faults.append(Fault(str(at), 0, "is neither a folder nor an Excel workbook"))
        return {}
    texts: dict[str, str] = {}
    for entry in at.iterdir():
        if not entry.name.endswith(".csv"):
            continue
        try:
            # Not read_text(): it makes "\n" of every line end, within cells too.
            texts[entry.name] = entry.read_bytes().decode()
        except UnicodeDecodeError as error:
            number = entry.read_bytes()[: error.start].count(b"\n") + 1
            faults.append(
                Fault(entry.name, number, f"not UTF-8: byte {error.object[error.start]:#04x}; save it as CSV UTF-8")
            )
    return texts


def send(settings: Settings, events: list[dict[str, Any]]) -> Receipt:
    """Sends the events in order, with a progress bar on a terminal; raises IngestError."""
    lines = map(event_line, events)
    return send_with_progress(settings, lines, len(events), out, "reference data", "reference data: ")


def _print_receipt(events: list[dict[str, Any]], receipt: Receipt) -> None:
    refused = Counter(events[entry["index"]]["type"] for entry in receipt.rejected)
    table = Table("kind", "sent", "refused")
    for kind, n in Counter(event["type"] for event in events).items():
        table.add_row(kind, str(n), str(refused[kind]))
    out.print(table)
    for entry in receipt.rejected[:REFUSALS_SHOWN]:
        subject = events[entry["index"]]["subject"]
        out.print(f"{subject}: {entry['reason']}: {entry['detail']}", markup=False, soft_wrap=True)
    if len(receipt.rejected) > REFUSALS_SHOWN:
        out.print(f"… and {len(receipt.rejected) - REFUSALS_SHOWN} more")
