"""Regular expressions by kind for personal data and for harmless numbers that look like it.

Each takes time proportional to the length of any text: repeats are bounded, or possessive behind a lookbehind that lets
them start only at the beginning of a run. A test measures every expression over growing lengths.
"""

from __future__ import annotations

_BLANK = r"\s\u200b-\u200f\u2060\ufeff"
_GAP = rf"[{_BLANK}.\-–—]{{0,2}}"
# People type the letters o, l and I for the digits 0 and 1.
_DIGIT = r"[\doOlI]"
# Separator between the digits of a number; it must be the same between all of them.
_SEPARATOR = r'(?:[^\w()\[\]"]|_){1,3}+'
_NOT_INSIDE = r"(?<!\d)(?<!\d[.,\-])"
# A second telephone number may follow the first without a blank; the decimals of a number may not.
_NEW_NUMBER = r"(?<!\d)(?:(?<!\d[.,\-])|(?<=\d{3}[.,\-]))"
_NOT_GOING_ON = r"(?!\d)(?![.,\-]\d{1,3}(?!\d))"
_WORD_START = r"(?<!\w)"
_MONEY = r"(?:đồng|dong|đ|vnđ|vnd|nghìn|nghin|ngàn|ngan|triệu|trieu|tỷ|ty|usd|euro?|%)(?!\w)"
_MEASURE = r"(?:m2|m²|m3|m³|km2|km²|km|ha|kg|mét vuông|met vuong)(?!\w)"
_ZERO = r"(?:không|khong|[0oO])"
_COUNT = (
    r"(?:không|khong|một|mot|mốt|hai|ba|bốn|bon|tư|tu|năm|nam|lăm|sáu|sau|bảy|bay|bẩy|tám|tam|chín|chin)(?!\w)|[\doO]"
)
_PREFIX_DIGIT = r"(?:ba|năm|nam|bảy|bay|bẩy|tám|tam|chín|chin|hai)(?!\w)|[235789]"

_DATE = r"(?:\d{1,2}[/.\-]\d{1,2}[/.\-](?:19|20)\d{2}|(?:19|20)\d{2}-\d{2}-\d{2})(?!\d)"
_DOSSIER = r"(?:\d{3}\.\d{2}\.\d{2}\.)?[A-Z]\d{2}(?:\.\d{1,3})*+(?:-\d++)*+(?!\w)"
_PROCEDURE = r"\d\.\d{6}(?:\.\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2})?(?!\w)"
_GROUPED = r"[1-9]\d{0,2}(?:[.,]\d{3})++(?!\d)"
_SPACED = rf"[1-9]\d{{0,2}}(?: \d{{3}}){{1,5}}+\s?(?:{_MONEY}|{_MEASURE})"
_PLAIN = rf"[1-9]\d*+(?:[.,]\d++)?+\s?(?:{_MONEY}|{_MEASURE})"

HARMLESS: dict[str, str] = {
    # 000.00.00.H26-261120-0001, H26.66.01.005-261120-0042, G12.1-2026
    "dossier": rf"{_WORD_START}{_DOSSIER}",
    # 61/2018/NĐ-CP, 1001/QĐ-BNV
    "decree": rf"{_WORD_START}\d{{1,5}}/(?:\d{{4}}/)?[A-ZĐ]{{2,12}}+(?:-[A-ZĐ]{{1,12}}+\d{{0,2}})*+(?!\d)",
    # 1.004222, 1.004222.000.00.00.H26
    "procedure": rf"(?<![\w.]){_PROCEDURE}",
    # 23/11/2026, 23-11-2026, 23.11.2026, 2026-11-23
    "date": rf"(?<!\d){_DATE}",
    # A machine's stamp with a running number, as in QR codes: 2026112000012345
    "stamp": r"(?<!\d)20[1-3]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4,10}+(?!\d)",
    # An item of the post by the Universal Postal Union's S10: EB123456789VN
    "post": rf"{_WORD_START}[A-Z]{{2}}\d{{9}}[A-Z]{{2}}(?!\w)",
    # 1.500.000; 120 000 000 đồng; 150000000 đồng; 123456789 m2: no amount begins with a nought, every telephone does
    "grouped": rf"(?<![\w.,]){_GROUPED}",
    "spaced": rf"(?<![\w.,]){_SPACED}",
    "plain": rf"(?<![\w.,]){_PLAIN}",
}
"""Numbers that stay as they are; tried first."""

_AT = (
    r"(?:\s{0,3}[@＠]\s{0,3}"
    r"|\s{0,3}[(\[{]\s?(?:at|@|a\s?còng|a\s?cong|a\s?móc|a\s?moc)\s?[)\]}]\s{0,3}"
    r"|\s{1,3}(?:a\s?còng|a\s?cong|a\s?móc|a\s?moc)\s{1,3})"
)
_LABEL = r"[\w\-]++"
_ENDING = r"\s{0,2}(?:\.|[(\[]?(?:dot|chấm|cham)[)\]]?)\s{0,2}(?:com|vn|net|org|gov|edu|info|me)(?!\w)"
_HOST = (
    rf"(?:{_LABEL}(?:\.{_LABEL})++(?<=[^\W\d_][^\W\d_])(?:{_ENDING}){{0,3}}+|{_LABEL}(?:{_ENDING}){{1,3}}+"
    r"|(?:gmail|yahoo|hotmail|outlook|icloud)(?!\w))"
)
_NETWORK = r"(?:facebook|fb|zalo|viber|telegram|tele|messenger|instagram|insta|skype|whatsapp|wechat|tiktok)"
_PAGE = (
    r"(?:(?:facebook|fb|instagram|tiktok|twitter|x|linkedin|youtube)\.com|fb\.me|m\.me|zalo\.me|t\.me|telegram\.me"
    r"|wa\.me|facebook|fb|zalo|telegram|instagram|tiktok)"
)
_IDENTITY_WORD = (
    r"(?:cccd|cmnd|cmt|căn cước|can cuoc|chứng minh|chung minh|hộ chiếu|ho chieu|passport|mst|mã số thuế|ma so thue"
    r"|bhxh|bhyt|gplx|giấy phép lái xe|giay phep lai xe)"
)
_PHONE_WORD = r"(?:sđt|sdt|đt|dt|điện thoại|dien thoai|di động|di dong|phone|tel|zalo|viber|whatsapp)"
_ACCOUNT_WORD = r"(?:stk|tk|tài khoản|tai khoan|account)"
# "CCCD của tôi: …", unless a date, an amount, a code or the number of a call centre follows.
_OF_MINE = r"\W{0,3}(?:[^\W\d]{1,6}+\W{1,3}){0,2}"
_NOT_HARMLESS = rf"(?!{_DATE}|{_DOSSIER}|{_PROCEDURE}|{_SPACED}|{_PLAIN}|{_GROUPED}\s?{_MONEY}|1[89]00(?!\d{{5}}))"


def _number_after(label: str, kind: str, before: str, min_digits: int) -> str:
    """A number of at least ``min_digits`` digits behind a label that names its kind; the label itself stays."""
    more = min_digits - 1
    return (
        rf"(?P<before_{kind}>{_WORD_START}{label}{before}){_NOT_HARMLESS}"
        rf"(?:\d(?:[{_BLANK}.\-–—]?\d){{{more},}}+"
        rf"|(?=\d{{1,9}}(?P<between_{kind}>{_SEPARATOR})\d)\d(?:(?P=between_{kind})?\d){{{more},}}+)"
    )


def _evenly_separated(kind: str, digits: str) -> str:
    """A number with the same separator between some of its digits; ``~`` in ``digits`` marks where it may be."""
    between = f"between_{kind}"
    apart = rf"(?=[+(]?{_DIGIT}{{1,9}}+\)?(?P<{between}>{_SEPARATOR}){_DIGIT})"
    inside = r"(?<!\d)(?<!\d[.,\-/_*])"
    return rf"{inside}{apart}{digits.replace('~', f'(?P={between})?')}(?!\d)(?!(?P={between})\d)"


PERSONAL: dict[str, tuple[str, ...]] = {
    "email": (rf"(?<![\w.+\-])[\w.+\-]++{_AT}{_HOST}",),
    "contact": (
        rf"(?<![\w.])(?:https?://)?(?:www\.|m\.)?{_PAGE}/\S++",
        r"(?<![\w.@])[@＠](?=[^\W\d])[\w.\-]{3,}+",
        (
            rf"(?P<before_contact>{_WORD_START}{_NETWORK}(?:\s{{0,2}}(?:[:=\-]|id|nick|là|la|acc)){{0,2}}\s{{0,2}})"
            r"(?![A-Z]\d{2}[.\-])(?=[\w.]{0,31}[A-Za-z])(?=[\w.]{0,31}[\d_])[A-Za-z0-9_.]{4,}+(?!\w)"
        ),
    ),
    "plate": (
        rf"{_WORD_START}\d{{2}}[ \-]?[A-ZĐ](?:[A-ZĐ]|\d)?[ \-.]{{0,2}}(?:\d{{3}}[. \-]?\d{{2}}|\d{{4}})(?!\w)",
        # of embassies and foreign organisations, of the army
        rf"{_WORD_START}\d{{2}}[ \-.]?(?:NG|QT|NN|CV|LD|DA)[ \-.]?\d{{2,3}}[ \-.]?\d{{2,3}}(?!\w)",
        rf"{_WORD_START}\d{{2}}[ \-.]\d{{3}}[ \-.](?:NG|QT|NN|CV)[ \-.]\d{{2}}(?!\w)",
        rf"{_WORD_START}(?-i:[A-Z]{{2}})[ \-]{{1,2}}\d{{2}}[.\-]\d{{2}}(?!\w)(?![.\-]\d)",
    ),
    "account": (_number_after(_ACCOUNT_WORD, "account", r"\W{0,3}(?:số|so|no)?\W{0,3}", 6),),
    "identity": (
        _number_after(_IDENTITY_WORD, "identity", _OF_MINE, 7),
        (
            rf"{_NOT_INSIDE}(?:\d{{12}}|[0oO](?:[{_BLANK}.\-–—]?{_DIGIT}){{11}}"
            rf"|\d{{9}}|\d{{3}}[ .\-]\d{{3}}[ .\-]\d{{3}}){_NOT_GOING_ON}"
        ),
        _evenly_separated("card", rf"[0oO](?:~{_DIGIT}){{11}}"),
        # of a tax payer's branch
        rf"{_NOT_INSIDE}\d{{10}}\s?[\-–]\s?\d{{3}}(?!\d)",
        rf"{_WORD_START}[A-Z]\d{{7,8}}(?!\w)|{_WORD_START}(?-i:[A-Z])[ \-]\d{{7,8}}(?!\w)",
    ),
    "phone": (
        _number_after(_PHONE_WORD, "phone", _OF_MINE, 8),
        (
            rf"{_NEW_NUMBER}(?:\(?(?:\+|00)?84\)?{_GAP}(?:\(?[0oO]\)?)?|\(?[0oO])"
            rf"(?:{_GAP}[35789](?:\)?{_GAP}{_DIGIT}){{8}}|{_GAP}2(?:\)?{_GAP}{_DIGIT}){{9}}){_NOT_GOING_ON}"
        ),
        _evenly_separated("phone_digits", rf"(?:[0oO]|(?:\+|00)?84)~(?:[35789](?:~{_DIGIT}){{8}}|2(?:~{_DIGIT}){{9}})"),
        rf"{_WORD_START}{_ZERO}[{_BLANK},.\-]{{0,2}}(?:{_PREFIX_DIGIT})(?:[{_BLANK},.\-]{{0,2}}(?:{_COUNT})){{8,10}}(?!\w)",
    ),
    "long": (
        rf"{_NOT_INSIDE}\d{{10,19}}{_NOT_GOING_ON}",
        (
            rf"{_NOT_INSIDE}(?!(?:19|20)\d{{2}}\D{{1,3}}(?:19|20)\d{{2}}\D)(?=\d{{4}}(?P<between_long>{_SEPARATOR}))"
            r"\d{4}(?:(?P=between_long)\d{4}){2,3}(?:(?P=between_long)\d{1,3})?(?!\d)"
        ),
    ),
}
"""Personal data by kind, in the order in which it is tried; ``long`` numbers are account numbers."""

START = rf"(?=[\d(+oO@＠]|{_WORD_START}[^\W\d]|(?<![\w.+\-])[_.+\-])"
"""All forms begin at such a place; this test is quicker than to try every form at every character."""

HINT = (
    rf"[\d@＠]|[(\[{{]\s?at\s?[)\]}}]|a\s?c[òo]ng|a\s?m[óo]c|{_PAGE}/"
    rf"|{_WORD_START}(?:không|khong)[{_BLANK},.\-]{{1,2}}(?:{_PREFIX_DIGIT})"
)
"""A text without any of these has no personal data of the kinds above."""
