"""Personal data in free text is masked everywhere it may be; codes and amounts stay."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.events.refusals import Refusal
from ingest.admission.admission import Lookups, admit
from ingest.admission.registry import Sender
from ingest.masking.masking import mask_all_text, mask_free_text
from ingest.masking.personal_data import MARKS, mask
from ingest.outbox.batch import Admitted
from sources.simulation.texts import texts
from tests.ingest_processes import everything
from tests.personal_texts import clean, planted
from tests.support import Stack, rating, unit
from warehouse.client import connect

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
PLANTED, CLEAN = 2_000, 2_000
PHONE, IDENTITY = "0912345678", "001234567890"
GAPS = ("/", ",", ", ", "_", "*", " * ", "–", " – ", "\u2009", "\u200b", "\n", "\r\n", "~", "…", "·")
SENTENCE = f"Gọi {PHONE}, căn cước {IDENTITY}"
MASKED = f"Gọi {MARKS['phone']}, căn cước {MARKS['identity']}"


def is_left(identifier: str, text: str) -> bool:
    """Whether the identifier, or its digits alone, can be read in a text."""
    digits = re.sub(r"\D", "", identifier)
    return identifier in text or (len(digits) >= 5 and digits in re.sub(r"\D", "", text))


def test_nearly_every_planted_identifier_is_masked() -> None:
    missed = [identifier for text, identifier in planted(1, PLANTED) if is_left(identifier, mask(text))]
    print(f"{PLANTED - len(missed)} of {PLANTED} masked")
    assert len(missed) <= PLANTED // 100, missed[:20]


def test_nearly_no_clean_sentence_is_touched() -> None:
    touched = [text for text in clean(1, CLEAN) if mask(text) != text]
    print(f"{len(touched)} of {CLEAN} clean sentences touched")
    assert len(touched) <= CLEAN // 100, touched[:20]


def test_the_simulated_comments_stay_as_they_are() -> None:
    sentences = [text for by_language in texts().comments.values() for each in by_language.values() for text in each]
    assert [mask(text) for text in sentences] == sentences


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("đt0912345678", "phone"),
        ("0912345678/0987654321", "phone"),
        ("(024) 3825.1234", "phone"),
        ("+84(0)912345678", "phone"),
        ("0 9 1 2 3 4 5 6 7 8", "phone"),
        ("không chín một hai ba bốn năm sáu bảy tám", "phone"),
        ("CCCD001234567890", "identity"),
        ("001.234.567.890", "identity"),
        ("hộ chiếu B1234567", "identity"),
        ("a.b(at)gmail.com", "email"),
        ("30-A1 12345", "plate"),
        ("stk 12345678", "account"),
        ("1903 1234 5678 90", "account"),
        *((f"09{gap}12{gap}34{gap}56{gap}78", "phone") for gap in GAPS),
        *((f"0912{gap}345{gap}678", "phone") for gap in GAPS),
        ("0912345678,0987654321", "phone"),
        ("09l2345678", "phone"),
        ("O9I2345678", "phone"),
        ("０９１２３４５６７８", "phone"),
        ("không chín một 2345678", "phone"),
        ("không chín 1 hai 3 bốn 5 sáu 7 tám", "phone"),
        ("đt 38251234", "phone"),
        *((f"001{gap}099{gap}012345", "identity") for gap in GAPS),
        ("hộ chiếu C 1234567", "identity"),
        ("0101234567-001", "identity"),
        ("CCCD tôi 1.234.567.890", "identity"),
        ("CMND 123/456/789", "identity"),
        ("stk 1903/1234/5678/90", "account"),
        ("hoa @ gmail . com", "email"),
        ("nguyenvana (a còng) gmail.com", "email"),
        ("nguyenvana a còng gmail chấm com", "email"),
        ("xe AB 12-34", "plate"),
        ("80-NG-123-45", "plate"),
        ("facebook.com/hoa.tran", "contact"),
        ("telegram @hoatran", "contact"),
        ("zalo hoatran90", "contact"),
    ],
)
def test_people_write_them_in_many_ways(text: str, kind: str) -> None:
    masked = mask(text)
    assert MARKS[kind] in masked
    assert not re.search(r"\d|hoa|nguyen|gmail", masked)


@pytest.mark.parametrize(
    "text",
    [
        "diện tích 123456789 m2",
        "mã QR 2026112000012345",
        "bưu gửi EB123456789VN",
        "đếm một hai ba bốn năm sáu bảy tám chín",
        "các năm 2024, 2025, 2026",
        "mở vào 03/10, 05/10, 07/10, 09/11",
        "làm CCCD ngày 20/11/2026",
        "phí CCCD 1.500.000 đồng",
        "hồ sơ CCCD 000.00.00.H26-261120-0001",
        "mở cửa 10-15 giờ",
        "gọi tổng đài 1900 1234, đt 19001234",
        "zalo H26.66.01.005",
        "chờ @ 10.30 sáng",
    ],
)
def test_numbers_that_are_nobodys_stay(text: str) -> None:
    assert mask(text) == text


def test_a_long_text_is_masked_as_a_short_one_wherever_its_windows_end() -> None:
    for before in range(1_980, 2_005):
        assert mask("x" * before + " 0912345678 " + "y" * 3_000) == f"{'x' * before} {MARKS['phone']} {'y' * 3_000}"


@given(st.text(alphabet="0123456789 .-/,+()@aAđĐoOkK", max_size=60))
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


def line(**data: Any) -> bytes:
    return json.dumps(rating("H26", "2026-11-23T08:30:00+07:00", **data), ensure_ascii=False).encode()


def admit_line(raw: bytes) -> Admitted | Refusal:
    return admit(raw, Sender(), Lookups("H26".__eq__), NOW, 65_536)


def test_what_is_logged_kept_and_compared_is_masked() -> None:
    admitted = admit_line(line(comment=SENTENCE, dossier="000.00.00.H26-261120-0001", ticket=PHONE))
    assert isinstance(admitted, Admitted)
    data = json.loads(admitted.value)["data"]
    assert data["comment"] == MASKED
    assert (data["dossier"], data["ticket"]) == ("000.00.00.H26-261120-0001", PHONE)
    assert PHONE.encode() not in admitted.raw.replace(b'"ticket": "0912345678"', b"")
    again = admit_line(line(comment=SENTENCE, dossier="000.00.00.H26-261120-0001", ticket=PHONE))
    assert isinstance(again, Admitted)
    assert (again.hash, again.id) == (admitted.hash, admitted.id)


def test_what_citizens_say_in_fields_of_a_senders_own_is_masked() -> None:
    admitted = admit_line(line(note=SENTENCE, more={"said": [SENTENCE, 7]}, staff="001234567890"))
    assert isinstance(admitted, Admitted)
    data = json.loads(admitted.value)["data"]
    assert (data["note"], data["more"], data["staff"]) == (MASKED, {"said": [MASKED, 7]}, "001234567890")
    dossier = json.dumps(
        {"type": "dossier.accepted", "data": {"unit": "H26", "note": PHONE, "reason": SENTENCE}}, ensure_ascii=False
    ).encode()
    assert json.loads(mask_all_text(dossier))["data"] == {"unit": "H26", "note": PHONE, "reason": MASKED}


@pytest.mark.parametrize("name", [r"com\u006dent", r"\u0063omment", r"comm\u0065\u006Et"])
def test_an_escaped_name_is_the_same_name(name: str) -> None:
    admitted = admit_line(line(comment=SENTENCE).replace(b'"comment"', f'"{name}"'.encode()))
    assert isinstance(admitted, Admitted)
    assert json.loads(admitted.value)["data"]["comment"] == MASKED
    assert PHONE.encode() not in admitted.raw


def test_an_escaped_type_is_the_same_type() -> None:
    raw = line(note=SENTENCE).replace(b"rating.submitted", rb"rating\u002esubmitted")
    admitted = admit_line(raw)
    assert isinstance(admitted, Admitted)
    assert json.loads(admitted.value)["data"]["note"] == MASKED
    assert PHONE.encode() not in mask_all_text(raw)


def test_names_that_citizens_chose_are_masked_and_stay_apart() -> None:
    admitted = admit_line(line(answers={PHONE: 1, "0987654321": 2, "wait": 3}, more={"unit": PHONE, "a": [{PHONE: 1}]}))
    assert isinstance(admitted, Admitted)
    data, mark = json.loads(admitted.value)["data"], MARKS["phone"]
    assert data["answers"] == {mark: 1, f"{mark} 2": 2, "wait": 3}
    assert data["more"] == {"unit": mark, "a": [{f"{mark} 3": 1}]}


def test_a_field_beside_data_is_masked_as_one_in_it() -> None:
    raw = json.dumps(rating("H26", "2026-11-23T08:30:00+07:00") | {"note": SENTENCE}, ensure_ascii=False).encode()
    admitted = admit_line(raw)
    assert isinstance(admitted, Admitted)
    assert json.loads(admitted.value)["note"] == MASKED


def test_of_a_comment_that_is_too_long_the_masked_beginning_is_kept() -> None:
    raw = line(comment=f"{SENTENCE} {'x' * 5_000} {PHONE}")
    refusal = admit_line(raw)
    assert isinstance(refusal, Refusal)
    assert refusal.detail == "data.comment: has more than 1200 characters"
    kept = json.loads(mask_all_text(raw))["data"]["comment"]
    assert kept.startswith(MASKED)
    assert 1_200 < len(kept) < 1_300


def test_a_mark_that_is_longer_than_its_number_does_not_make_a_comment_too_long() -> None:
    admitted = admit_line(line(comment="x" * (1_200 - len(PHONE) - 1) + " " + PHONE))
    assert isinstance(admitted, Admitted)
    assert len(json.loads(admitted.value)["data"]["comment"]) <= 1_200


def test_a_line_without_text_is_left_as_it_is() -> None:
    raw = line(ticket=PHONE)
    assert mask_free_text(raw) is raw


@pytest.mark.parametrize(
    "broken",
    [
        line(comment=SENTENCE)[:-1],
        line(comment=SENTENCE).replace(b'"csat4"', b"csat4"),
        line(comment=SENTENCE).replace("Gọi".encode(), b"G\xff"),
        line(comment=SENTENCE).replace(b"0912345678", rb"\u0030912345678"),
        line().replace(b'"score"', b'"comment": 912345678901, "score"'),
        line(comment="x").replace(b'"x"', b'"Goi 0912345678'),
        line(note=SENTENCE, score=9),
    ],
    ids=["cut short", "no JSON", "not UTF-8", "escaped", "a number", "no end", "own field"],
)
def test_refused_lines_hold_nothing_personal_and_keep_their_codes(broken: bytes) -> None:
    kept = mask_all_text(broken)
    assert not re.search(rb"912345678|1234567890", kept)
    assert b'"H26"' in kept
    assert mask_all_text(kept) == kept


@pytest.mark.stack
def test_nothing_raw_is_in_any_topic_table_outbox_or_log(stack: Stack) -> None:
    needle, conflict, wrong = "0938111222", "0938333444", "0938555666"
    marked = f"đã gọi {MARKS['phone']}"
    taps = [
        rating("MASK", "2026-11-20T09:00:00+07:00", 1, key="m1", source="mask", comment=f"đã gọi {needle}", say=needle),
        rating("MASK", "2026-11-20T09:00:00+07:00", 2, key="m1", source="mask", comment=f"gọi {conflict}"),
        rating("MASK", "2026-11-20T09:00:00+07:00", 9, key="m2", source="mask", comment=f"gọi {wrong}", say=wrong),
    ]
    taps[1]["id"] = taps[0]["id"]
    assert stack.send([unit("MASK")]) == []
    assert [refused["reason"] for refused in stack.send(taps)] == ["id_conflict", "score_outside_scale"]
    stack.wait_stored("mask", 1)
    client = connect(stack.settings)
    body = client.query("SELECT body FROM events WHERE source = 'mask'").result_rows[0][0]
    assert marked in json.loads(body)["data"]["comment"]
    numbers = (needle, conflict, wrong)
    columns = client.query(
        "SELECT table, name FROM system.columns WHERE database = {database:String} AND type LIKE '%String%'",
        parameters={"database": stack.settings.clickhouse_database},
    ).result_rows
    assert columns
    for table, column in columns:
        result = client.query(f"SELECT count() FROM {table} WHERE match(toString({column}), '{'|'.join(numbers)}')")
        assert result.result_rows[0][0] == 0, (table, column)
    messages = everything(stack.settings)
    assert any(marked.encode() in message for message in messages)
    assert not [number for number in numbers if any(number.encode() in message for message in messages)]
    own = [path for path in stack.settings.state_dir.rglob("*") if path.is_file() and not path.is_socket()]
    holding = [path for path in own if any(number.encode() in _bytes(path) for number in numbers)]
    assert holding == []


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
