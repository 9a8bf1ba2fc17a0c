"""The blocks of the supervisor's page as HTML. Pure: the read API's answers and texts in, markup out.

Colour never speaks alone: each state has a sign and a word beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboards.pages.supervisor.trouble import WATCHED, Trouble
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import escape

SIGNS = {"met": "✓", "missed": "✗", "too_few": "…", "none": ""}
AGE_SIGNS = {"fresh": "●", "late": "▲", "too_late": "■", "none": "○"}
CHOSEN = ' aria-current="true"'
HOURS_SHOWN, HEAT_UNITS_SHOWN = 12, 15

Units = Mapping[str, dict[str, Any]]


def clock_line(freshness: dict[str, Any] | None, away: bool, texts: Texts) -> str:
    """The store's own date and time, and how old the data is."""
    if freshness is None:
        return f'<p class="clock"><span class="age none">○ {escape(texts("age_unknown"))}</span></p>'
    at = form.day_and_time(form.instant(freshness["now"]))
    if away:
        return f'<p class="clock"><time>{at}</time></p>'
    level, words = form.data_age(freshness["age_s"], texts)
    if freshness["cause"]:
        # What holds the data up is late before the data is.
        level = "late" if level == "fresh" else level
        words = f"{words} – {texts('age_causes.' + freshness['cause'])}"
    age = f'<span class="age {level}">{AGE_SIGNS[level]} {escape(words)}</span>'
    return f'<p class="clock"><time>{at}</time> {age}</p>'


def banner(words: str, address: str = "", link_words: str = "") -> str:
    """A sentence that nobody overlooks."""
    anchor = f" {link(address, link_words)}" if address else ""
    return f'<p class="banner" role="alert">⚠ {escape(words)}{anchor}</p>'


def link(address: str, words: str, attributes: str = "") -> str:
    """A link that stays in this window."""
    return f'<a href="{escape(address)}" target="_self"{attributes}>{escape(words)}</a>'


def unit_name(code: str, units: Units, texts: Texts) -> str:
    """A unit's short name, or its code when it is not known."""
    return form.short_name(units[code], texts.language) if code in units else code


def quiet(words: str) -> str:
    """What a block says when it has nothing to show."""
    return f'<p class="quiet">{escape(words)}</p>'


def heading(words: str, note: str = "", problem: str = "") -> str:
    """A block's heading, with what is wrong with the block if anything is."""
    extra = f'<span class="note">{escape(note)}</span>' if note else ""
    stale = f'<span class="stale">⚠ {escape(problem)}</span>' if problem else ""
    return f"<h2>{escape(words)} {extra}{stale}</h2>"


def verdict(troubles: Sequence[Trouble] | None, known: bool, severe: bool, texts: Texts) -> str:
    """In one sentence whether anyone is in trouble, and with what; ``troubles`` is None before the first answer.

    ``severe`` says that a citizen reported something severe, which is never calm.
    """
    if troubles is None:
        return f'<p class="verdict none">… {escape(texts("loading"))}</p>'
    if not troubles and severe:
        return f'<p class="verdict missed" role="status">✗ {escape(texts("severe"))}</p>'
    if not troubles:
        state, key = ("met", "verdict_calm") if known else ("too_few", "verdict_unknown")
        return f'<p class="verdict {state}" role="status">{SIGNS[state]} {escape(texts(key))}</p>'
    units_by_wrong = Counter(figure["id"] for trouble in troubles for figure in trouble.figures)
    split = " · ".join(
        f"{texts(f'wrong.{wrong}')}: <b>{units_by_wrong[wrong]}</b>" for wrong in WATCHED if units_by_wrong[wrong]
    )
    words = escape(texts("verdict_trouble", count=len(troubles)))
    return f'<p class="verdict missed" role="status">✗ {words} <span>{split}</span></p>'


def card(figure: dict[str, Any], further: dict[str, Any] | None, texts: Texts) -> str:
    """One headline figure with n, target, whether it is met, and its interval; ``further`` is a second figure."""
    unit = figure["unit_of_measure"]
    if figure["status"] != "ok":
        return _card(
            texts.name_of(figure),
            form.NOTHING,
            "too_few",
            texts("too_few"),
            [texts(figure["status"], n=figure["n"]), form.target(figure, texts)],
        )
    state = form.standing(figure)
    count = form.number(figure["n"], texts.language)
    if unit == "count":
        details = [texts("open_dossiers", n=count)]
    else:
        details = [f"{form.target(figure, texts)} · {texts('n', n=count)}"]
    if figure["interval"]:
        low, high = (form.percent(bound, texts.language) for bound in figure["interval"])
        details.append(texts("interval", low=low, high=high))
    if further and further["value"] is not None:
        shown = form.quantity(further["value"], further["unit_of_measure"], texts)
        details.append(texts("p90", value=shown))
    word = "" if state == "none" else texts(state)
    value = form.quantity(figure["value"], unit, texts)
    return _card(texts.name_of(figure), value, state, word, details)


def answered_card(csat: dict[str, Any], texts: Texts) -> str:
    """How many ratings the period has."""
    details = [texts("answered_detail")]
    if csat["numerator"] is not None:
        satisfied, rest = csat["numerator"], csat["n"] - csat["numerator"]
        shown = {"satisfied": satisfied, "dissatisfied": rest}
        split = {name: form.number(value, texts.language) for name, value in shown.items()}
        details.append(texts("answered_split", **split))
    return _card(texts("answered"), form.number(csat["n"], texts.language), "none", "", details)


def _card(name: str, value: str, state: str, word: str, details: Sequence[str]) -> str:
    chip = f'<span class="chip {state}">{SIGNS[state]} {escape(word)}</span>' if word else ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in details)
    return (
        f'<section class="card {state}"><h3>{escape(name)}</h3>'
        f'<div class="figure"><span class="value">{escape(value)}</span>{chip}</div>{lines}</section>'
    )


def queue_line(hour: dict[str, Any] | None, begins: str, ends: str, texts: Texts) -> str:
    """The current hour's tickets and dossiers."""
    when = escape(texts("queue", **{"from": begins, "to": ends}))
    names = ("tickets_issued", "tickets_called", "tickets_served", "dossiers_received", "dossiers_completed")
    if hour is None or not any(hour[name] for name in names):
        return f'<p class="queue"><span>{when}</span> {escape(texts("queue_empty"))}</p>'
    return f'<p class="queue"><span>{when}:</span>{_counts({name: hour[name] for name in names}, texts)}</p>'


def day_line(days: Sequence[dict[str, Any]], texts: Texts) -> str:
    """What was done today: tickets served, dossiers received and completed."""
    names = ("tickets_served", "dossiers_received", "dossiers_completed")
    return f'<p class="queue">{_counts({name: sum(day[name] for day in days) for name in names}, texts)}</p>'


def _counts(counted: Mapping[str, int], texts: Texts) -> str:
    return "".join(
        f"<span>{escape(texts(name))} <b>{form.number(count, texts.language)}</b></span>"
        for name, count in counted.items()
    )


def choice(options: Mapping[str, tuple[str, str]], chosen: str) -> str:
    """One of some views, as links: by each name its words and its address."""
    links = (link(address, words, CHOSEN if name == chosen else "") for name, (words, address) in options.items())
    return f'<p class="choice">{"".join(links)}</p>'


def heat_table(answer: dict[str, Any], units: Units, measure: str, address: Callable[[str], str], texts: Texts) -> str:
    """Units by hours: each cell its figure with a sign and a colour, ``·`` where there are too few cases to tell.

    ``measure`` is the figure's unit; ``address`` gives a unit's own page.
    """
    cells = {(cell["unit"], cell["starts_at"]): cell for cell in answer["cells"]}
    hours = sorted({hour for _, hour in cells})[-HOURS_SHOWN:]
    missed = Counter(cell["unit"] for cell in cells.values() if cell["met"] is False)
    codes = sorted({code for code, _ in cells}, key=lambda code: (-missed[code], code))
    head = "".join(f'<th scope="col">{form.instant(hour):%H} h</th>' for hour in hours)
    rows = []
    for code in codes[:HEAT_UNITS_SHOWN]:
        shown = "".join(_heat_cell(cells.get((code, hour)), measure, texts) for hour in hours)
        anchor = link(address(code), unit_name(code, units, texts))
        rows.append(f'<tr><th scope="row">{anchor}</th>{shown}</tr>')
    head = f"<caption>{escape(texts('heat_caption'))}</caption><thead><tr><th></th>{head}</tr></thead>"
    return f'<table class="heat">{head}<tbody>{"".join(rows)}</tbody></table>'


def _heat_cell(cell: dict[str, Any] | None, measure: str, texts: Texts) -> str:
    if cell is None:
        return "<td></td>"
    told = texts("n", n=form.number(cell["n"], texts.language))
    if cell["value"] is None:
        return f'<td class="too_few" title="{escape(told)}">·</td>'
    state = {True: "met", False: "missed", None: "none"}[cell["met"]]
    short = form.number(cell["value"], texts.language, 1 if measure == "minutes" else 0)
    return f'<td class="{state}" title="{escape(told)}">{SIGNS[state]} {escape(short)}</td>'
