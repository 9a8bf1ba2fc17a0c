"""Finds telephone, identity and account numbers, e-mail addresses and number plates in a text, and puts marks there.

Numbers that an officer needs stay: codes of dossiers and procedures, decrees, dates, times and amounts of money. They
are looked for first, at each place, and what they cover is not looked at again. Pure.
"""

from __future__ import annotations

import re
from importlib.resources import files

import yaml

MARKS: dict[str, str] = yaml.safe_load(files("ingest").joinpath("personal_data.yaml").read_text(encoding="utf-8"))

_GAP = r"[ .\-\u00a0]{0,2}"
_NOT_INSIDE = r"(?<!\d)(?<!\d[.,\-])"
_NOT_GOING_ON = r"(?!\d)(?![.,\-]\d)"
_MONEY = r"(?:đồng|dong|đ|vnđ|vnd|nghìn|nghin|ngàn|ngan|triệu|trieu|tỷ|ty|usd|euro?|%)(?!\w)"
_WORDS = r"(?:không|khong|một|mot|mốt|hai|ba|bốn|bon|tư|tu|năm|nam|lăm|sáu|sau|bảy|bay|bẩy|tám|tam|chín|chin)"

_HARMLESS = (
    # 000.00.00.H26-261120-0001, H26.66.01.005-261120-0042, G12.1-2026
    r"(?<!\w)(?:\d{3}\.\d{2}\.\d{2}\.)?[A-Z]\d{2}(?:\.\d{1,3})*(?:-\d+)*(?!\w)",
    # 61/2018/NĐ-CP, 1001/QĐ-BNV
    r"(?<!\w)\d{1,5}/(?:\d{4}/)?[A-ZĐ]{2,}(?:-[A-ZĐ0-9]+)*",
    # 1.004222, 1.004222.000.00.00.H26
    r"(?<![\w.])\d\.\d{6}(?:\.\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2})?(?![\w])",
    # 23/11/2026, 23-11-2026, 23.11.2026, 2026-11-23
    r"(?<!\d)(?:\d{1,2}[/.\-]\d{1,2}[/.\-](?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})(?!\d)",
    # 1.500.000; 120 000 000 đồng and 150000000 đồng: no amount begins with a nought, every telephone number does
    r"(?<![\w.,])[1-9]\d{0,2}(?:[.,]\d{3})+(?![\d])",
    rf"(?<![\w.,])[1-9]\d{{0,2}}(?: \d{{3}})+\s?{_MONEY}",
    rf"(?<![\w.,])[1-9]\d*(?:[.,]\d+)?\s?{_MONEY}",
)
_PERSONAL = {
    "email": r"(?<![\w.])[\w.+\-]+\s?(?:@|[(\[]at[)\]])\s?[\w\-]+(?:\.[\w\-]+)+",
    "plate": r"(?<!\w)\d{2}[ \-]?[A-ZĐ](?:[A-ZĐ]|\d)?[ \-.]{0,2}(?:\d{3}[. ]?\d{2}|\d{4})(?!\d)(?!\w)",
    "account": (
        r"(?P<before>(?:stk|tk|tài khoản|tai khoan|account)\W{0,3}(?:số|so|no)?\W{0,3})\d(?:[ .\-]?\d){5,18}(?!\d)"
    ),
    "phone": (
        rf"{_NOT_INSIDE}(?:\(?(?:\+|00)?84\)?{_GAP}(?:\(?[0oO]\)?)?|\(?[0oO])"
        rf"(?:{_GAP}[35789](?:\)?{_GAP}[\doO]){{8}}|{_GAP}2(?:\)?{_GAP}[\doO]){{9}}){_NOT_GOING_ON}"
        rf"|(?<!\w){_WORDS}(?:[ ,.\-]{{1,2}}{_WORDS}){{8,10}}(?!\w)"
    ),
    "identity": (
        rf"{_NOT_INSIDE}(?:\d{{12}}|[0oO](?:[ .\-]?\d){{11}}|\d{{9}}|\d{{3}}[ .\-]\d{{3}}[ .\-]\d{{3}}){_NOT_GOING_ON}"
        r"|(?<!\w)[A-Z]\d{7,8}(?!\w)"
    ),
    "long": rf"{_NOT_INSIDE}(?:\d{{10,19}}|\d{{4}}(?:[ \-]\d{{4}}){{2,3}}(?:[ \-]\d{{1,3}})?){_NOT_GOING_ON}",
}
_KIND = {"long": "account"}
# Most of what people write has none of these: it is not looked at any closer.
_HINT = re.compile(rf"\d|@|[(\[]at[)\]]|{_WORDS}(?:[ ,.\-]{{1,2}}{_WORDS}){{8}}", re.IGNORECASE)
_FOUND = re.compile(
    "|".join([f"(?P<harmless>{'|'.join(_HARMLESS)})", *(f"(?P<{kind}>{form})" for kind, form in _PERSONAL.items())]),
    re.IGNORECASE,
)


def mask(text: str) -> str:
    """The text with marks in the place of personal data; masking it again changes nothing."""
    return _FOUND.sub(_mark, text) if _HINT.search(text) else text


def _mark(found: re.Match[str]) -> str:
    if found["harmless"] is not None:
        return found[0]
    kind = str(found.lastgroup) if found.lastgroup in _PERSONAL else "account"
    return (found["before"] or "") + MARKS[_KIND.get(kind, kind)]
