"""Sheets as files: Excel, a page to print, and PDF by a Chromium that is installed."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from dashboards.reports.sheets import Sheet, Value
from dashboards.texts import formats
from dashboards.texts.by_language import Language
from dashboards.texts.plain_text import cell, escape

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PDF_TIMEOUT_S = 60
WIDEST = 60
MOST_UPRIGHT = 10
"""A table of more columns lies on its side."""

LONG_AGO = (2000, 1, 1, 0, 0, 0)
TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")
THIN = Side(style="thin", color="999999")
STYLE = """
@page { size: A4; margin: 18mm 15mm; }
body { font: 11pt/1.35 "DejaVu Sans", "Noto Sans", sans-serif; color: #000; }
h1 { font-size: 14pt; text-align: center; margin: 0; }
.about { text-align: center; margin: 0 0 6mm; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 1mm 4mm; margin: 0 0 5mm; }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt; }
th, td { border: 1px solid #777; padding: 1mm 1.5mm; vertical-align: top; text-align: left; }
td.number { text-align: right; white-space: nowrap; }
tr.sum { font-weight: bold; background: #eee; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
footer { margin-top: 5mm; font-size: 9.5pt; }
"""


class NoChromiumError(Exception):
    """PDF needs Chromium, and none is installed."""


def excel(sheet: Sheet) -> bytes:
    """A workbook of one sheet; the same bytes for the same sheet."""
    book = Workbook()
    page = book.active
    assert page is not None  # noqa: S101 a new workbook has one
    page.title = "hailong"
    page.append([cell(sheet.title)])
    page.append([cell(sheet.about)])
    for name, text in sheet.head:
        page.append([cell(name), cell(text)])
    page.append([])
    page.append([cell(column) for column in sheet.columns])
    top = page.max_row
    for row in sheet.rows:
        page.append([cell(value) for value in row.cells])
        if row.is_sum:
            for summed in page[page.max_row]:
                summed.font = Font(bold=True)
    for line in page.iter_rows(min_row=top, max_row=page.max_row, max_col=len(sheet.columns)):
        for framed in line:
            framed.border = Border(THIN, THIN, THIN, THIN)
            framed.alignment = Alignment(wrap_text=True, vertical="top")
    for named in page[top]:
        named.font = Font(bold=True)
    page["A1"].font = Font(bold=True, size=14)
    for number, column in enumerate(sheet.columns, 1):
        longest = max([len(column), *(len(str(row.cells[number - 1] or "")) for row in sheet.rows)])
        page.column_dimensions[get_column_letter(number)].width = min(longest + 2, WIDEST)
    page.append([])
    for line_below in sheet.foot:
        page.append([cell(line_below)])
    page.freeze_panes = page.cell(row=top + 1, column=1)
    saved = io.BytesIO()
    book.save(saved)
    return _without_times(saved.getvalue())


def html(sheet: Sheet, language: Language) -> str:
    """A page of A4 to print."""
    head = "".join(f"<dt>{escape(name)}</dt><dd><b>{escape(text)}</b></dd>" for name, text in sheet.head)
    columns = "".join(f'<th scope="col">{escape(column)}</th>' for column in sheet.columns)
    rows = "".join(
        f"<tr{' class=sum' if row.is_sum else ''}>"
        f"{''.join(_cell(value, language, sheet.decimals) for value in row.cells)}</tr>"
        for row in sheet.rows
    )
    style = STYLE if len(sheet.columns) <= MOST_UPRIGHT else STYLE.replace("size: A4;", "size: A4 landscape;")
    foot = "".join(f"<p>{escape(line)}</p>" for line in sheet.foot)
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{escape(sheet.title)}</title>'
        f"<style>{style}</style><h1>{escape(sheet.title)}</h1><p class=about>{escape(sheet.about)}</p><dl>{head}</dl>"
        f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table><footer>{foot}</footer></html>"
    )


def pdf(sheet: Sheet, language: Language) -> bytes:
    """The page of ``html`` as PDF; raises NoChromiumError."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        raise NoChromiumError(f"PDF is made by Chromium, and none of {', '.join(CHROMIUM)} is installed")
    with tempfile.TemporaryDirectory(prefix="hailong-report-") as folder:
        page, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html(sheet, language), encoding="utf-8")
        options = ["--headless", "--disable-gpu", "--no-sandbox", "--no-first-run", "--no-pdf-header-footer"]
        command = [program, *options, f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", page.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=PDF_TIMEOUT_S)
        return printed.read_bytes()


def _cell(value: Value, language: Language, decimals: int) -> str:
    if value is None:
        return f"<td class=number>{formats.NOTHING}</td>"
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    return f"<td class=number>{formats.number(value, language, 0 if value == int(value) else decimals)}</td>"


def _without_times(book: bytes) -> bytes:
    """The workbook with fixed times in it, so that the same sheet makes the same bytes."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as read, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in read.namelist():
            part = TIMES.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", read.read(name))
            copy.writestr(zipfile.ZipInfo(name, LONG_AGO), part, zipfile.ZIP_DEFLATED)
    return output.getvalue()
