"""Tables of the pages, and the bar that draws an interval in one of their cells. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dashboards.pages.parts.html import CHOSEN, Html, join, sentence, tag


def table(kind: str, caption: str, columns: Sequence[str], rows: Iterable[Html]) -> Html:
    """A table; screen readers read its caption."""
    head = tag("thead", tag("tr", *(tag("th", column, scope="col") for column in columns)))
    return tag("table", tag("caption", caption), head, tag("tbody", *rows), kind=kind)


def row(*cells: Html, is_own: bool = False) -> Html:
    """A row; ``is_own`` marks that of the unit that is looked at."""
    return tag("tr", *cells, **({"kind": "own", **CHOSEN} if is_own else {}))


def head_cell(content: str) -> Html:
    """The cell that names its row."""
    return tag("th", content, scope="row")


def cell(*content: str, kind: str | None = None, title: str | None = None) -> Html:
    """Any other cell."""
    return tag("td", *content, kind=kind, title=title)


def number_cell(text: str, *, is_main: bool = False) -> Html:
    """A number, aligned with those above and below it; ``is_main`` is for the one that the table is about."""
    return cell(tag("b", text) if is_main else text, kind="number")


def bar(value: float | None, interval: Sequence[float] | None, target: float | None, top: float) -> Html:
    """An interval as a bar with the value in it and the target as a line, up to ``top``; for readers its numbers."""
    if value is None or not interval:
        return Html()
    per_unit = 100 / max(top, 1e-9)
    low, high = (bound * per_unit for bound in interval)
    marks = [tag("i", kind="interval", style=f"left:{low:.1f}%;width:{high - low:.1f}%")]
    if target is not None:
        marks.append(tag("i", kind="target", style=f"left:{target * per_unit:.1f}%"))
    marks.append(tag("i", kind="value", style=f"left:{value * per_unit:.1f}%"))
    numbers = " – ".join(f"{bound:.1f}" for bound in interval)
    return tag("span", join(marks), kind="bar", role="img", aria_label=numbers)


def signed_sentence(state: str, sign: str, text: str) -> Html:
    """The result of a comparison, behind the sign of its state."""
    return sentence(state, *((tag("b", sign), " ") if sign else ()), text)
