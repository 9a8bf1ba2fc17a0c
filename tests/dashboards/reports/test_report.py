"""Reports: the figures of the read API as sheets, the same bytes for the same figures, and mail."""

from __future__ import annotations

import io
import socketserver
import threading
from collections.abc import Iterator
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pydantic import SecretStr
from typer.testing import CliRunner

from commands.main import app
from dashboards.reports import files
from dashboards.reports.command import KINDS, ReportError, ReportRequest, period_of, sheet_of, write
from dashboards.reports.sheets import Row, Sheet
from dashboards.texts.by_language import every_text
from runtime.settings import Settings
from tests.support import Stack, event, free_port, rating, unit

TODAY = date(2026, 11, 23)
SHEET = Sheet(
    title="PHIẾU <CHẤM>",
    about="Quyết định 766",
    head=[("Đơn vị", "Phường Cửa Nam")],
    columns=["STT", "Chỉ số", "Giá trị"],
    rows=[Row([1, "=1+1", 99.18]), Row([2, "Hài lòng", None]), Row(["", "Tổng", 18], is_sum=True)],
    foot=["Lập tự động"],
)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("", "2026-10-01", "2026-11-01"),
        ("2026-11-22", "2026-11-22", "2026-11-23"),
        ("2025-12", "2025-12-01", "2026-01-01"),
        ("2025-Q4", "2025-10-01", "2026-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
        ("2025", "2025-01-01", "2026-01-01"),
        # Running still: until now, because what is open is not late yet.
        ("2026-11-23", "2026-11-23", None),
        ("2026-11", "2026-11-01", None),
        ("2026-Q4", "2026-10-01", None),
    ],
)
def test_a_period_is_a_day_a_month_a_quarter_or_a_year(text: str, first: str, after: str | None) -> None:
    assert period_of(text, TODAY) == (date.fromisoformat(first), date.fromisoformat(after) if after else None)


@pytest.mark.parametrize("text", ["2026-13", "2026-Q5", "2026-Q0", "2026-00", "yesterday", "2026-02-30"])
def test_a_text_that_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="is no day"):
        period_of(text, TODAY)


def test_the_texts_are_complete_in_both_languages() -> None:
    assert set(every_text("reports")) == {"vi", "en"}


def test_a_workbook_has_the_rows_and_is_the_same_twice() -> None:
    workbook = files.excel(SHEET)
    assert workbook == files.excel(SHEET)
    page = load_workbook(io.BytesIO(workbook)).active
    assert page is not None
    rows = [[cell for cell in row if cell is not None] for row in page.iter_rows(values_only=True)]
    assert rows[:3] == [["PHIẾU <CHẤM>"], ["Quyết định 766"], ["Đơn vị", "Phường Cửa Nam"]]
    assert [1, "'=1+1", 99.18] in rows, "a name must not run as a formula"
    assert rows[-1] == ["Lập tự động"]


def test_a_page_says_nothing_as_a_dash_and_names_stay_text() -> None:
    page = files.html(SHEET, "vi")
    assert "99,18" in page
    assert "—" in page
    assert "<CHẤM>" not in page


def test_a_page_becomes_a_pdf() -> None:
    pdf = files.pdf(SHEET, "vi")
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 5_000


ROOT, SOURCE = "RP", "test/report"


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    names = {"name_vi": "Chi nhánh báo cáo", "name_en": "Reporting branch"}
    sent = [unit(ROOT, level="branch", **names), unit(f"{ROOT}.1", ROOT, name_vi="Phường Một", name_en="Ward One")]
    for n in range(20):
        at = f"2026-03-02T09:{n:02}:00+07:00"
        sent.append(rating(f"{ROOT}.1", at, 4 if n < 18 else 1, str(n), source=SOURCE))
        for kind in ("accepted", "completed"):
            values = {"due_at": "2026-03-03T16:00:00+07:00", "channel": "direct"} if kind == "accepted" else {}
            body = event(f"dossier.{kind}", f"RP-{n}", at, unit=f"{ROOT}.1", source=SOURCE)
            sent.append(body | {"data": body["data"] | values})
    assert stack.send(sent) == []
    stack.wait_stored(SOURCE, 60)
    return stack


@pytest.mark.stack
def test_the_sheet_of_766_adds_up_to_the_score_that_is_served(office: Stack) -> None:
    request = ReportRequest("qd766", ROOT, date(2026, 3, 1), date(2026, 4, 1))
    sheet = sheet_of(office.settings, request)
    score = office.get("/v1/scores", unit=ROOT, rule_set="qd766", **{"from": "2026-03-01", "to": "2026-04-01"})
    total = score["scores"][0]
    assert sheet.rows[-1].cells[5:7] == [total["points"], 100]
    components = [row for row in sheet.rows if not row.is_sum]
    assert len(components) == sum(len(card["components"]) for card in total["cards"])
    assert sum(row.cells[5] or 0 for row in components) == pytest.approx(total["points"])  # type: ignore[misc]
    assert sheet.head[:2] == [("Đơn vị", "Chi nhánh báo cáo"), ("Kỳ báo cáo", "từ 01/03/2026 đến hết 31/03/2026")]
    in_time = next(row for row in components if row.cells[1] == "Hồ sơ xử lý trước hạn, đúng hạn")
    assert in_time.cells[2:5] == [20, 20, 100]
    assert sheet_of(office.settings, request).rows == sheet.rows


@pytest.mark.stack
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "qd766"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_is_written(office: Stack, tmp_path: Path, kind: str, language: str) -> None:
    path = tmp_path / f"{kind}.xlsx"
    variables = {"HAILONG_API_URL": office.settings.api_url}
    result = CliRunner().invoke(
        app,
        ["report", kind, str(path), "--unit", ROOT, "--period", "2026-03", "--language", language, "--staff", "CB-1"],
        env=variables,
    )
    assert result.exit_code == 0, result.output
    page = load_workbook(path).active
    assert page is not None
    words = [str(cell) for row in page.iter_rows(values_only=True) for cell in row if cell is not None]
    assert ("Chi nhánh báo cáo" if language == "vi" else "Reporting branch") in words


@pytest.mark.stack
def test_what_cannot_be_reported_is_said_in_one_line(office: Stack, tmp_path: Path) -> None:
    variables = {"HAILONG_API_URL": office.settings.api_url}
    for arguments, says in (
        (["qd766", "a.doc"], "a report is one of .xlsx, .html, .pdf"),
        (["qd766", "a.xlsx", "--unit", "NONE"], "no unit has the code"),
        (["weather", "a.xlsx"], "there is no report 'weather'"),
        (["qd766", "a.xlsx", "--unit", ROOT, "--mail", "x@example.vn"], "HAILONG_SMTP_URL"),
    ):
        arguments[1] = str(tmp_path / arguments[1])
        result = CliRunner().invoke(app, ["report", *arguments], env=variables)
        assert result.exit_code == 1
        assert says in result.output
        assert "Traceback" not in result.output


class Postman(socketserver.StreamRequestHandler):
    """An SMTP server that keeps what it is given."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        data: list[bytes] | None = None
        for line in self.rfile:
            if data is not None:
                if line == b".\r\n":
                    self.server.kept.append(b"".join(data))  # type: ignore[attr-defined]
                    data = None
                    self.wfile.write(b"250 kept\r\n")
                else:
                    data.append(line)
            elif line.upper().startswith(b"DATA"):
                data = []
                self.wfile.write(b"354 go on\r\n")
            elif line.upper().startswith(b"QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def post() -> Iterator[tuple[Settings, list[bytes]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", free_port()), Postman) as server:
        kept: list[bytes] = []
        server.kept = kept  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        port = server.server_address[1]
        yield Settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{port}"), mail_from="hailong@example.vn"), kept
        server.shutdown()
        thread.join()


@pytest.mark.stack
def test_a_report_arrives_by_mail_as_it_was_written(
    office: Stack, post: tuple[Settings, list[bytes]], tmp_path: Path
) -> None:
    settings = post[0].model_copy(update={"api_url": office.settings.api_url})
    path = tmp_path / "phieu.xlsx"
    write(settings, ReportRequest("qd766", ROOT, date(2026, 3, 1), date(2026, 4, 1)), path, ["lanh.dao@example.vn"])
    mail = message_from_bytes(post[1][0], policy=policy.default)
    assert mail["To"] == "lanh.dao@example.vn"
    assert mail["Subject"] == "PHIẾU CHẤM ĐIỂM BỘ CHỈ SỐ 766: Chi nhánh báo cáo, từ 01/03/2026 đến hết 31/03/2026"
    [attached] = mail.iter_attachments()
    assert attached.get_filename() == "phieu.xlsx"
    assert attached.get_content() == path.read_bytes()
