"""Exports as one-stop systems write them, made for the tests, and what an import makes of them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.events.envelope import AnyEvent, decode
from contract.events.refusals import Refusal
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent, Rejected
from sources.importing.events_of_file import read_events
from sources.importing.row_account import RowAccount
from sources.importing.survey import survey
from sources.mapping.mapping_file import load

MAPPING = """
mapping: files
rows: case
case: Mã hồ sơ
unit: {constant: H26}
time: {zone: Asia/Ho_Chi_Minh, formats: ["%d/%m/%Y %H:%M", "%d/%m/%Y"]}
events:
  - event: dossier.accepted
    time: Tiếp nhận
    data: {due_at: {column: Hẹn trả, date_only: end}}
"""
HEADER = ["Mã hồ sơ", "Tiếp nhận", "Hẹn trả"]


@dataclass
class Imported:
    """What an import makes of a file: events, refusals, remarks, and what became of each row."""

    events: list[AnyEvent]
    lines: list[bytes]
    rejected: list[Rejected]
    remarks: list[str]
    account: RowAccount


def imported(file: Path, mapping: str = MAPPING) -> Imported:
    """Reads a file as ``hailong import`` does, twice, and holds the account of its rows. Raises ``FileError``."""
    path = file.parent / "map.yaml"
    path.write_text(mapping, encoding="utf-8")
    read = load(path)
    compiled, account = CompiledMapping(read), RowAccount(read)
    first = survey(file, read, compiled)
    made = list(read_events(file, read, compiled, account))
    account.check(first.rows)
    lines = [one.line for one in made if isinstance(one, MappedEvent)]
    events = [event for line in lines if not isinstance(event := decode(line), Refusal)]
    assert len(events) == len(lines)
    rejected = [one for one in made if isinstance(one, Rejected)]
    return Imported(events, lines, rejected, first.remarks, account)


def csv_file(folder: Path, text: str | bytes, name: str = "x.csv") -> Path:
    """A CSV file with exactly this text."""
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def workbook(folder: Path, rows: list[list[Any]], change: Callable[[Any], None] | None = None) -> Path:
    """A workbook of one sheet; ``change`` is given openpyxl's sheet before it is saved."""
    import openpyxl  # noqa: PLC0415

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    book.save(folder / "x.xlsx")
    return folder / "x.xlsx"


def changed_xml(book: Path, pattern: str, replacement: str, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """The workbook with a part's XML changed, as other programs write it."""
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text, n_changes = re.subn(pattern, replacement, parts[part].decode())
    assert n_changes
    parts[part] = text.encode()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return book
