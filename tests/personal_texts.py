"""Vietnamese sentences with planted personal data, and sentences with the harmless numbers that people write."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator

SENTENCES = (
    "Tôi nộp hồ sơ từ tuần trước, xin liên hệ {}.",
    "Đề nghị cán bộ gọi lại cho tôi: {}",
    "{} là của tôi, chờ mãi không ai trả lời",
    "Cán bộ ghi nhầm {} trong giấy hẹn, tôi phải đi lại hai lần!",
    "Xin trả lời qua {}, cảm ơn anh chị.",
    "ko ai nghe may, lien he {} nhe",
    "Gửi kết quả về {} giúp tôi; hồ sơ H26.66.01.005-261120-0042 nộp ngày 20/11/2026.",
    "Thái độ rất tốt ({}), lệ phí 150.000 đồng.",
)
ACCOUNT_SENTENCES = (
    "Chuyển nhầm vào tài khoản {}, xin hoàn lại phí.",
    "stk {} Vietcombank, đề nghị trả lại 200.000đ",
    "Số tài khoản: {} (BIDV)",
)
CLEAN = (
    "Tôi chờ từ {hour} giờ {minute} đến {hour}:{minute} mới đến lượt, số thứ tự A{small}.",
    "Nộp ngày {day}/{month}/2026, hẹn {day}-{month}-2026 mà chưa có kết quả.",
    "Lệ phí {thousand}.000 đồng, tôi đưa {million}.{thousand}.000 đ.",
    "Theo Nghị định {small}/2018/NĐ-CP và Quyết định {four}/QĐ-BNV thì không cần giấy này.",
    "Thủ tục 1.00{four} (mã 1.00{four}.000.00.00.H26) mất {small} ngày.",
    "Hồ sơ 000.00.00.H26-{yy}{month}{day}-{four} bị trả lại {digit} lần.",
    "Nhà số {small}B ngõ {small}/{digit} đường Láng, tầng {digit}, phòng {small}.",
    "Phòng chờ {small} người chỉ có {digit} quầy, nóng {small} độ.",
    "Cần sao y {small} trang, mỗi trang {thousand} nghìn đồng, tổng {million}00000 đồng.",
    "Năm 2025 và 2026 tôi đến {digit} lần; cán bộ quầy {digit} hướng dẫn tốt.",
    "Trả {million} {thousand} 000 đồng cho {small} m2 đất thửa {four}, tờ bản đồ {small}.",
    "Gọi tổng đài 1900 {four} không ai nghe, chờ {small}%.",
)


def without_diacritics(text: str) -> str:
    """As many people type."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def planted(seed: int, count: int) -> Iterator[tuple[str, str]]:
    """Sentences with one identifier each, and the identifier."""
    rng = random.Random(seed)
    for _ in range(count):
        kind = rng.choice(list(_KINDS))
        identifier = _KINDS[kind](rng)
        sentence = rng.choice(ACCOUNT_SENTENCES if kind == "account" else SENTENCES)
        yield (without_diacritics(sentence) if rng.random() < 0.4 else sentence).format(identifier), identifier


def clean(seed: int, count: int) -> Iterator[str]:
    """Sentences without any."""
    rng = random.Random(seed)
    for _ in range(count):
        numbers: dict[str, object] = {
            "hour": rng.randint(7, 17),
            "minute": f"{rng.randint(0, 59):02}",
            "day": f"{rng.randint(1, 28):02}",
            "month": f"{rng.randint(1, 12):02}",
            "yy": rng.randint(20, 26),
            "digit": rng.randint(2, 9),
            "small": rng.randint(10, 99),
            "thousand": rng.randint(100, 999),
            "million": rng.randint(1, 99),
            "four": f"{rng.randint(0, 9999):04}",
        }
        sentence = rng.choice(CLEAN).format(**numbers)
        yield without_diacritics(sentence) if rng.random() < 0.4 else sentence


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _grouped(text: str, sizes: tuple[int, ...], gap: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return gap.join(part for part in [*parts, text[at:]] if part)


def _phone(rng: random.Random) -> str:
    number = "0" + rng.choice("35789") + _digits(rng, 8)
    form = rng.randrange(6)
    if form == 0:
        return _grouped(number, rng.choice(((4, 3, 3), (3, 3, 4), (4, 2, 2, 2))), rng.choice(" .-"))
    if form == 1:
        return rng.choice(("+84", "84", "(+84) ", "0084", "+84 ")) + number[1:]
    if form == 2:
        return "O" + number[1:]
    if form == 3:
        return "024" + rng.choice(("", " ", ".")) + _grouped("3" + _digits(rng, 7), (4, 4), rng.choice(("", " ", ".")))
    return number


def _identity(rng: random.Random) -> str:
    if rng.random() < 0.3:
        return rng.choice("123") + _digits(rng, 8)
    number = f"0{rng.randint(1, 96):02}" + _digits(rng, 9)
    return _grouped(number, rng.choice(((12,), (3, 3, 3, 3), (4, 4, 4))), " ")


def _email(rng: random.Random) -> str:
    name = rng.choice(("nguyen.van.a", "hoa_tran", "LeMinh1990", "bach-tuyet"))
    return f"{name}{rng.randint(1, 999)}@{rng.choice(('gmail.com', 'yahoo.com.vn', 'hanoi.gov.vn'))}"


def _plate(rng: random.Random) -> str:
    series = rng.choice("ABCDEFGHKLMNPSTUVXYZ")
    if rng.random() < 0.5:
        number = _digits(rng, 5)
        return f"{rng.randint(11, 99)}{series}{rng.choice('- ')}{number[:3]}{rng.choice(('.', ''))}{number[3:]}"
    number = _digits(rng, 5)
    return f"{rng.randint(11, 99)}-{series}{rng.randint(1, 9)} {number[:3]}.{number[3:]}"


def _account(rng: random.Random) -> str:
    return _digits(rng, rng.randint(8, 16))


_KINDS: dict[str, Callable[[random.Random], str]] = {
    "phone": _phone,
    "identity": _identity,
    "email": _email,
    "plate": _plate,
    "account": _account,
}
