"""Units by hours of the day: where and when a figure turned. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from dashboards.answers.figures import Heat, HeatCell
from dashboards.pages.parts.cards import SIGNS
from dashboards.pages.parts.html import Html, link, tag
from dashboards.pages.parts.questions import Units
from dashboards.pages.parts.tables import cell, head_cell, row
from dashboards.pages.parts.units import unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.formats import STATES

HOURS_SHOWN, UNITS_SHOWN = 12, 15


def heat_table(answer: Heat, units: Units, measure: str, address: Callable[[str], str], texts: Texts) -> Html:
    """The units with the most missed hours first; each cell is a figure with a sign and a colour, ``·`` where there
    are too few cases.

    ``measure`` is the figure's unit of measure; ``address`` gives a unit's own page.
    """
    cells = {(entry["unit"], entry["starts_at"]): entry for entry in answer["cells"]}
    hours = sorted({hour for _, hour in cells})[-HOURS_SHOWN:]
    missed = Counter(entry["unit"] for entry in cells.values() if STATES[entry["verdict"]] == "missed")
    codes = sorted({code for code, _ in cells}, key=lambda code: (-missed[code], code))
    rows = (
        row(
            head_cell(link(address(code), unit_name(code, units, texts))),
            *(_cell(cells.get((code, hour)), measure, texts) for hour in hours),
        )
        for code in codes[:UNITS_SHOWN]
    )
    columns = (tag("th", f"{form.instant(hour):%H} h", scope="col") for hour in hours)
    head = tag("thead", tag("tr", tag("th"), *columns))
    return tag("table", tag("caption", texts("heat_caption")), head, tag("tbody", *rows), kind="heat")


def _cell(entry: HeatCell | None, measure: str, texts: Texts) -> Html:
    if entry is None:
        return cell()
    cases = texts("n", n=form.number(entry["n"], texts.language))
    if entry["value"] is None:
        return cell("·", kind="too_few", title=cases)
    state = STATES[entry["verdict"]]
    value = form.number(entry["value"], texts.language, 1 if measure == "minutes" else 0)
    return cell(f"{SIGNS[state]} {value}", kind=state, title=cases)
