"""Lists of the supervisor's page as HTML: units in trouble, ratings, silent tablets, what lasts for days. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from dashboards import page_format as form
from dashboards.page_blocks import Units, link, unit_name
from dashboards.page_texts import Texts
from dashboards.page_trouble import Trouble

UNITS_SHOWN = 8


def trouble_list(
    troubles: Sequence[Trouble],
    units: Units,
    acknowledged: Mapping[tuple[str, str], dict[str, Any]],
    address: Callable[[Mapping[str, str]], str],
    texts: Texts,
) -> str:
    """The units in trouble with what is wrong, each a link to its own page, and who takes care of it.

    ``acknowledged`` are the latest words by unit and indicator; ``address`` is the page's with other parameters.
    """
    items = []
    for trouble in troubles[:UNITS_SHOWN]:
        of_branch = f" <small>({escape(texts('trouble_branch'))})</small>" if trouble.level == "branch" else ""
        anchor = link(address({"unit": trouble.unit}), unit_name(trouble.unit, units, texts))
        wrongs = "".join(
            _wrong(figure, texts, _care(trouble.unit, figure["id"], acknowledged, address, texts))
            for figure in trouble.figures
        )
        items.append(f"<li>{anchor}{of_branch}<ul>{wrongs}</ul></li>")
    left = len(troubles) - UNITS_SHOWN
    more = f'<p class="quiet">{escape(texts("trouble_more", count=left))}</p>' if left > 0 else ""
    return f'<ol class="troubles">{"".join(items)}</ol>{more}'


def _care(
    unit: str,
    about: str,
    acknowledged: Mapping[tuple[str, str], dict[str, Any]],
    address: Callable[[Mapping[str, str]], str],
    texts: Texts,
) -> str:
    """Who takes care of something, or the link by which somebody does."""
    word = acknowledged.get((unit, about))
    if word is None:
        return link(address({"ack": f"{unit}~{about}"}), texts("acknowledge.take"), ' class="care"')
    at = f"{form.instant(word['occurred_at']):%H:%M}"
    told = texts("acknowledge.taken", by=word["by"], at=at)
    comment = f": {word['comment']}" if word["comment"] else ""
    return f'<span class="care">✓ {escape(told + comment)}</span>'


def _wrong(figure: dict[str, Any], texts: Texts, care: str) -> str:
    value = form.quantity(figure["value"], figure["unit_of_measure"], texts)
    n = form.number(figure["n"], texts.language)
    # "1/11" says more of a share than its n alone.
    of = f"{form.number(figure['numerator'], texts.language)}/{n}" if figure["interval"] else texts("n", n=n)
    wrong = escape(texts(f"wrong.{figure['id']}"))
    target = form.target(figure, texts)
    return f"<li><span>✗ {wrong}: <b>{escape(value)}</b></span> <small>({of}) {target}</small> {care}</li>"


def latest_list(ratings: Sequence[dict[str, Any]], units: Units, texts: Texts) -> str:
    """Single ratings: when, where, what, and why where that was told."""
    return f'<ol class="latest">{"".join(_rating(rating, units, texts) for rating in ratings)}</ol>'


def severe_list(ratings: Sequence[dict[str, Any]], units: Units, texts: Texts) -> str:
    """Ratings that give a severe reason; as urgent as a unit in trouble."""
    rows = "".join(_rating(rating, units, texts, "%d/%m %H:%M") for rating in ratings)
    return f'<h3 class="severe">✗ {escape(texts("severe"))}</h3><ol class="latest severe">{rows}</ol>'


def silent_list(tablets: Sequence[dict[str, Any]], units: Units, texts: Texts) -> str:
    """Tablets that nobody taps though people are served there, and those that tell nothing of themselves any more."""
    rows = []
    for tablet in tablets:
        told = []
        if tablet["untapped"]:
            served = form.number(tablet["served_since"], texts.language)
            told.append(texts("silent_served", served=served, at=_minute(tablet["last_tap_at"], texts)))
        if tablet["unseen"]:
            told.append(texts("silent_unseen", at=_minute(tablet["last_seen_at"], texts)))
        rows.append(
            (f"{unit_name(tablet['unit'], units, texts)}, {tablet['device']}", "; ".join(told + _vitals(tablet, texts)))
        )
    return _warned(texts("silent"), rows)


def _minute(instant: str | None, texts: Texts) -> str:
    return f"{form.instant(instant):%d/%m %H:%M}" if instant else texts("silent_never")


def _vitals(tablet: dict[str, Any], texts: Texts) -> list[str]:
    """What the newest heartbeat said that helps whoever goes there."""
    told = []
    if tablet["battery_percent"] is not None:
        told.append(
            texts("tablet_charging" if tablet["charging"] else "tablet_battery", percent=tablet["battery_percent"])
        )
    if tablet["waiting"]:
        minutes = (tablet["oldest_unsent_s"] or 0) // 60
        told.append(texts("tablet_waiting", count=form.number(tablet["waiting"], texts.language), minutes=minutes))
    return told


def lasting_list(warnings: Sequence[dict[str, Any]], units: Units, texts: Texts) -> str:
    """Units that miss a target for days on end."""
    rows = []
    for warning in warnings:
        value = form.quantity(warning["value"], warning["unit_of_measure"], texts)
        indicator = warning[f"indicator_name_{texts.language}"]
        told = texts("lasting_days", days=warning["days"], value=value, indicator=indicator)
        rows.append((unit_name(warning["unit"], units, texts), told))
    return _warned(warnings[0][f"name_{texts.language}"], rows)


def _warned(heading: str, rows: Sequence[tuple[str, str]]) -> str:
    """Places with what is told of each."""
    lines = "".join(
        f'<li><span class="place">{escape(name)}</span><span>{escape(told)}</span></li>' for name, told in rows
    )
    return f'<h3 class="silent">⚠ {escape(heading)}</h3><ol class="latest silent">{lines}</ol>'


def _rating(rating: dict[str, Any], units: Units, texts: Texts, when: str = "%H:%M:%S") -> str:
    at = form.instant(rating["occurred_at"])
    counter = units.get(rating["counter"] or "")
    place = unit_name(rating["unit"], units, texts)
    if counter:
        place = f"{place}, {form.counter_name(counter, texts.language)}"
    elif rating["counter"]:
        place = f"{place}, {rating['counter']}"
    good = form.is_satisfied(rating["scale"], rating["score"])
    state, sign = ("good", "🙂") if good else ("bad", "🙁")
    words = texts.score(rating["scale"], rating["score"])
    why = form.reason_names(rating["reasons"], texts.language)
    return (
        f'<li class="{state}"><time>{at:{when}}</time><span class="place">{escape(place)}</span>'
        f'<span class="face">{sign} {escape(": ".join([words, why] if why else [words]))}</span></li>'
    )
