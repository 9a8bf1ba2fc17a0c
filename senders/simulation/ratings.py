"""How satisfied simulated people are, and what they say."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

TAP_SHARE = 0.45
"""Share of served people who tap, where there is a tablet."""

ONLINE_SHARE = 0.14
BAD_SHARE = 0.05
BAD_SHARE_AFTER_LONG_WAIT = 0.16
BAD_SHARE_AFTER_LATENESS = 0.5
LONG_WAIT_S = 20 * 60
REASON_SHARE = 0.6
COMMENT_SHARE = 0.35
ENGLISH_SHARE = 0.03

# Reason codes with how often they are given, and what people write beside them.
REASONS = {
    "waiting_too_long": (40, ("Chờ lâu quá, ngồi gần một tiếng.", "Lấy số từ sớm mà mãi không đến lượt.")),
    "attitude": (15, ("Cán bộ trả lời cộc lốc.", "Thái độ chưa nhiệt tình.")),
    "unclear_guidance": (25, ("Hướng dẫn không rõ, phải đi lại hai lần.", "Mỗi người nói một kiểu.")),
    "extra_papers": (12, ("Yêu cầu thêm giấy tờ đã nộp trước đó.", "Phải bổ sung giấy tờ nhiều lần.")),
    "result_late": (8, ("Hẹn trả kết quả mà chưa có.", "Kết quả trễ hẹn, không ai báo.")),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A score on its scale, with the optional rest of a rating."""

    score: int
    rest: dict[str, Any]


def at_the_counter(rng: random.Random, bad_share: float) -> Answer:
    """An answer on ``csat4``; ``bad_share`` of such answers are 1 or 2."""
    if rng.random() < bad_share:
        return Answer(2 if rng.random() < 0.6 else 1, _why(rng, comment_share=0))
    return Answer(4 if rng.random() < 0.62 else 3, {})


def online(rng: random.Random, *, late: bool) -> Answer:
    """An answer on ``csat5`` after the result came, ``late`` or not."""
    if rng.random() < (BAD_SHARE_AFTER_LATENESS if late else BAD_SHARE):
        return Answer(rng.choice((1, 2, 2, 3)), _why(rng, COMMENT_SHARE, "result_late" if late else None))
    return Answer(5 if rng.random() < 0.6 else 4, {})


def bad_share(waited_s: int) -> float:
    """Share of bad answers after such a wait."""
    return BAD_SHARE_AFTER_LONG_WAIT if waited_s > LONG_WAIT_S else BAD_SHARE


def _why(rng: random.Random, comment_share: float, reason: str | None = None) -> dict[str, Any]:
    if rng.random() >= REASON_SHARE:
        return {}
    told = reason or rng.choices(list(REASONS), [weight for weight, _ in REASONS.values()])[0]
    why: dict[str, Any] = {"reasons": [told]}
    if rng.random() < comment_share:
        why["comment"] = rng.choice(REASONS[told][1])
    return why
