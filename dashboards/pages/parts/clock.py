"""The line with the store's own date and time and the age of the data."""

from __future__ import annotations

from dataclasses import replace

from dashboards.answers.freshness import Freshness
from dashboards.pages.parts.html import Html, tag
from dashboards.pages.parts.questions import Answer, Question
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Freshness] = Question("/v1/freshness", every_s=0.3, is_general=True)
AT_ONCE = replace(QUESTION, at_once=True)
SIGNS = {"fresh": "●", "late": "▲", "too_late": "■", "none": "○"}


def clock_line(answer: Answer[Freshness], texts: Texts, *, is_away: bool) -> Html:
    """The line; without the age while the store ``is_away``, which would be that of an old answer. Pure."""
    freshness = answer.data
    if freshness is None:
        return tag("p", tag("span", f"○ {texts('age_unknown')}", kind="age none"), kind="clock")
    time = tag("time", form.day_and_time(form.instant(freshness["now"])))
    if is_away:
        return tag("p", time, kind="clock")
    level, text = form.data_age(freshness["age_s"], texts)
    if freshness["cause"]:
        # What holds the data up is late before the data is.
        level = "late" if level == "fresh" else level
        text = f"{text} – {texts('age_causes.' + freshness['cause'])}"
    return tag("p", time, " ", tag("span", f"{SIGNS[level]} {text}", kind=f"age {level}"), kind="clock")
