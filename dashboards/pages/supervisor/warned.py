"""A list of places with a problem that nobody notices by itself, such as a silent tablet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dashboards.pages.parts.html import Html, join, more, tag
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

SHOWN = 5


class Place(NamedTuple):
    """A place, its problem, and who takes care of it."""

    name: str
    problem: str
    mark: Html


def warned_list(title: str, entries: Sequence[Place], texts: Texts) -> Html:
    """The first of the entries below a title."""
    items = (
        tag("li", tag("span", entry.name, kind="place"), tag("span", entry.problem), entry.mark)
        for entry in entries[:SHOWN]
    )
    left = len(entries) - SHOWN
    note = more(left, texts("warned_more", count=form.number(left, texts.language)))
    return join([tag("h3", f"⚠ {title}", kind="silent"), tag("ol", *items, kind="latest silent"), note])
