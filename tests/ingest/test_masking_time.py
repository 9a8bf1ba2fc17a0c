"""Masking takes time in proportion to the length of a text, whatever the text holds: each form by itself, and all."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.masking.masking import mask_all_text
from ingest.masking.personal_data import mask
from ingest.masking.personal_forms import HARMLESS, HINT, PERSONAL
from tests.ingest.test_masking import admit_line, line

SHORT, LONG = 8_000, 16_000
MOST_TIMES = 3.0
# Below it a clock tells nothing.
LEAST_S = 0.002
FORMS = {
    **{f"harmless {name}": form for name, form in HARMLESS.items()},
    **{f"{kind} {n}": form for kind, forms in PERSONAL.items() for n, form in enumerate(forms)},
    "hint": HINT,
}
SHAPES = (
    "1 -+-+",
    "1.111.111.",
    "111 111 ",
    "((((",
    "một hai ba ",
    "không chín một ",
    "0 9 ",
    "0,9,1,",
    "0-9-",
    "a@",
    "a@a.",
    "a (a còng) ",
    "a chấm com ",
    "t.me/",
    "zalo id ",
    "stk 1 1 ",
    "cccd tôi ",
    "cccd 1.1",
    "H26-1-1",
    "12/AB-",
    "1234 1234 ",
    "84(0)",
    "29A1 ",
    " \u200b",
    "___",
    "à@",
)


def cpu_s(work: Callable[[], object]) -> float:
    """The least processor time of three goes."""
    least = float("inf")
    for _ in range(3):
        started = time.process_time()
        work()
        least = min(least, time.process_time() - started)
    return least


def grows_with_length(work: Callable[[str], object], shape: str) -> bool:
    """Whether twice the text takes less than three times the time; a busy machine may have a second and a third go."""
    short, long = ((shape * length)[:length] for length in (SHORT, LONG))
    started = time.process_time()
    work(long)
    if time.process_time() - started <= MOST_TIMES * LEAST_S:
        return True
    for _ in range(3):
        long_s = cpu_s(lambda: work(long))
        if long_s <= MOST_TIMES * max(LEAST_S, cpu_s(lambda: work(short))):
            return True
    return False


def characters_of(form: str) -> list[str]:
    """What a form speaks of itself: its own words and characters, and digits and blanks."""
    words = re.findall(r"[^\W\d_]{2,}", form)
    return sorted({*words, *form, *"0123456789 .,-/@(_aoO", "\u200b", "\n"})


@pytest.mark.parametrize("name", FORMS)
def test_every_form_takes_time_by_the_length_of_any_text(name: str) -> None:
    pattern = re.compile(FORMS[name], re.IGNORECASE)

    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(st.sampled_from(characters_of(FORMS[name])), min_size=1, max_size=8).map("".join))
    def check(shape: str) -> None:
        assert grows_with_length(lambda text: pattern.sub("", text), shape), shape

    check()
    assert [shape for shape in SHAPES if not grows_with_length(lambda text: pattern.sub("", text), shape)] == []


def test_masking_takes_time_by_the_length_of_any_text() -> None:
    for shape in SHAPES:
        text = (shape * LONG)[:LONG]
        used_s = cpu_s(lambda text=text: mask(text))  # type: ignore[misc]
        print(f"{used_s / LONG * 1e6:.2f} us a character of {shape!r}")
        assert grows_with_length(mask, shape), shape


@pytest.mark.parametrize("shape", ['"', '\\"', '{"a":', '"" ', "[", "1", '"a"  ', "\\"])
def test_taking_a_line_apart_takes_time_by_its_length(shape: str) -> None:
    assert grows_with_length(lambda text: mask_all_text(b'{"type":"rating.","x":' + text.encode()), shape)


def test_an_event_that_was_hard_to_mask_costs_no_more_than_its_length() -> None:
    """Sixty-four kilobytes that took minutes."""
    text = ("1 -+-+" * LONG)[:60_000]
    plain = cpu_s(lambda: admit_line(line(note="x" * 60_000)))
    hard = {
        "comment": cpu_s(lambda: admit_line(line(comment=text))),
        "note": cpu_s(lambda: admit_line(line(note=text))),
    }
    print(f"{plain:.4f} s without, {hard} s")
    # A comment that is too long is not masked as a whole.
    assert hard["comment"] < 0.1 * hard["note"] + 10 * plain
    assert hard["note"] < 60_000 * 100e-6
