"""Lists of the supervisor's page as HTML: units in trouble, ratings, silent tablets, who waits. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboards.pages.supervisor.blocks import Units, link, unit_name
from dashboards.pages.supervisor.care import Care
from dashboards.pages.supervisor.trouble import Trouble
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import escape

UNITS_SHOWN, SEVERE_SHOWN, WARNED_SHOWN, WAITING_SHOWN = 8, 5, 5, 5
WAITING_COLUMNS = ("point", "people", "longest", "serving")


def trouble_list(
    troubles: Sequence[Trouble], units: Units, care: Care, address: Callable[[Mapping[str, str]], str], texts: Texts
) -> str:
    """The units in trouble with what is wrong, each a link to its own page, and who takes care of it.

    ``address`` is the page's with other parameters.
    """
    items = []
    for trouble in troubles[:UNITS_SHOWN]:
        of_branch = f" <small>({escape(texts('trouble_branch'))})</small>" if trouble.level == "branch" else ""
        anchor = link(address({"unit": trouble.unit}), unit_name(trouble.unit, units, texts))
        wrongs = "".join(_wrong(figure, texts, care.shown(trouble.unit, figure["id"])) for figure in trouble.figures)
        items.append(f"<li>{anchor}{of_branch}<ul>{wrongs}</ul></li>")
    more = _more(len(troubles) - UNITS_SHOWN, "trouble_more", texts)
    return f'<ol class="troubles">{"".join(items)}</ol>{more}'


def _more(left: int, key: str, texts: Texts) -> str:
    return f'<p class="quiet">{escape(texts(key, count=form.number(left, texts.language)))}</p>' if left > 0 else ""


def _wrong(figure: dict[str, Any], texts: Texts, care: str) -> str:
    value = form.quantity(figure["value"], figure["unit_of_measure"], texts)
    n = form.number(figure["n"], texts.language)
    # "1/11" says more of a share than its n alone.
    of = f"{form.number(figure['numerator'], texts.language)}/{n}" if figure["interval"] else texts("n", n=n)
    wrong = escape(texts(f"wrong.{figure['id']}"))
    target = form.target(figure, texts)
    return f"<li><span>✗ {wrong}: <b>{escape(value)}</b></span> <small>({of}) {target}</small> {care}</li>"


def waiting_table(
    answer: Mapping[str, Any], units: Units, address: Callable[[Mapping[str, str]], str], texts: Texts
) -> str:
    """How many people wait in all, and the points with the longest waits; each leads to its own page."""
    in_all = answer["in_all"]
    waiting, forgotten = (form.number(in_all[name], texts.language) for name in ("waiting", "forgotten"))
    longest = form.duration(in_all["longest_wait_s"] or 0, texts)
    words = texts("waiting.in_all", waiting=waiting, longest=longest) if in_all["waiting"] else texts("waiting.nobody")
    left_out = f" <small>{escape(texts('waiting.forgotten', count=forgotten))}</small>" if in_all["forgotten"] else ""
    shown = [point for point in answer["points"] if point["waiting"]]
    rows = []
    for point in shown[:WAITING_SHOWN]:
        counters = ", ".join(
            form.counter_name(units[code], texts.language) if code in units else code
            for code in sorted(point["counters"])
        )
        rows.append(
            f'<tr><th scope="row">{link(address({"unit": point["unit"]}), unit_name(point["unit"], units, texts))}</th>'
            f'<td class="number">{form.number(point["waiting"], texts.language)}</td>'
            f'<td class="number">{escape(form.duration(point["longest_wait_s"], texts))}</td>'
            f"<td>{escape(counters) or form.NOTHING}</td></tr>"
        )
    head = "".join(f'<th scope="col">{escape(texts(f"waiting.{name}"))}</th>' for name in WAITING_COLUMNS)
    caption = f"<caption>{escape(texts('waiting.title'))}</caption>"
    table = f'<table class="waiting">{caption}<thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    more = _more(len(shown) - WAITING_SHOWN, "trouble_more", texts)
    return f'<p class="waiting">{escape(words)}{left_out}</p>' + (f"{table}{more}" if rows else "")


def latest_list(ratings: Sequence[dict[str, Any]], units: Units, texts: Texts) -> str:
    """Single ratings: when, where, what, and why where that was told."""
    return f'<ol class="latest">{"".join(_rating(rating, units, texts) for rating in ratings)}</ol>'


def severe_list(ratings: Sequence[dict[str, Any]], total: int, units: Units, care: Care, texts: Texts) -> str:
    """Ratings that give a severe reason, of ``total``; as urgent as a unit in trouble. What nobody took care of first.

    Somebody takes care of all that was known of a unit when that was said; what came in later is open again.
    """
    left, taken = care.split(ratings, "severe", "recorded_at")
    shown = [*left, *taken][:SEVERE_SHOWN]
    rows = "".join(
        _rating(rating, units, texts, "%d/%m %H:%M", care.shown(rating["unit"], "severe", rating["recorded_at"]))
        for rating in shown
    )
    more = _more(total - len(shown), "severe_more", texts)
    return f'<h3 class="severe">✗ {escape(texts("severe"))}</h3><ol class="latest severe">{rows}</ol>{more}'


def silent_list(tablets: Sequence[dict[str, Any]], units: Units, care: Care, texts: Texts) -> str:
    """Tablets that nobody taps though people are served there, those that tell nothing of themselves any more, and
    those whose browser keeps no ratings.

    One that showed life since it was taken care of is silent anew.
    """
    rows = []
    left, taken = care.split([tablet | {"since": _last_life(tablet)} for tablet in tablets], "silent", "since")
    for tablet in [*left, *taken]:
        told = []
        if tablet["untapped"]:
            served = form.number(tablet["served_since"], texts.language)
            told.append(texts("silent_served", served=served, at=_minute(tablet["last_tap_at"], texts)))
        if tablet["unseen"]:
            told.append(texts("silent_unseen", at=_minute(tablet["last_seen_at"], texts)))
        place = f"{unit_name(tablet['unit'], units, texts)}, {tablet['device']}"
        by = care.shown(tablet["unit"], "silent", tablet["since"])
        rows.append((place, "; ".join(told + _vitals(tablet, texts)), by))
    return _warned(texts("silent"), rows, texts)


def _last_life(tablet: dict[str, Any]) -> str | None:
    """The last of what is missed now: a tap, a heartbeat."""
    missed = {"untapped": "last_tap_at", "unseen": "last_seen_at"}
    told = [tablet[at] for why, at in missed.items() if tablet[why] and tablet[at]]
    return max(told, key=form.instant, default=None)


def _minute(instant: str | None, texts: Texts) -> str:
    return f"{form.instant(instant):%d/%m %H:%M}" if instant else texts("silent_never")


def _vitals(tablet: dict[str, Any], texts: Texts) -> list[str]:
    """What the newest heartbeat said that helps whoever goes there."""
    told = []
    if tablet.get("storage_fault"):
        told.append(texts("tablet_keeps_nothing"))
    if tablet["battery_percent"] is not None:
        told.append(
            texts("tablet_charging" if tablet["charging"] else "tablet_battery", percent=tablet["battery_percent"])
        )
    if tablet["waiting"]:
        minutes = (tablet["oldest_unsent_s"] or 0) // 60
        told.append(texts("tablet_waiting", count=form.number(tablet["waiting"], texts.language), minutes=minutes))
    return told


def lasting_list(warnings: Sequence[dict[str, Any]], units: Units, care: Care, texts: Texts) -> str:
    """Units that miss a target for days on end."""
    rows = []
    left, taken = care.split(warnings, "lasting")
    for warning in [*left, *taken]:
        value = form.quantity(warning["value"], warning["unit_of_measure"], texts)
        indicator = texts.name_of(warning, "indicator_name")
        told = texts("lasting_days", days=warning["days"], value=value, indicator=indicator)
        rows.append((unit_name(warning["unit"], units, texts), told, care.shown(warning["unit"], "lasting")))
    return _warned(texts.name_of(warnings[0]), rows, texts)


def _warned(heading: str, rows: Sequence[tuple[str, str, str]], texts: Texts) -> str:
    """Places with what is told of each, and who takes care of it (markup)."""
    lines = "".join(
        f'<li><span class="place">{escape(name)}</span><span>{escape(told)}</span>{care}</li>'
        for name, told, care in rows[:WARNED_SHOWN]
    )
    more = _more(len(rows) - WARNED_SHOWN, "warned_more", texts)
    return f'<h3 class="silent">⚠ {escape(heading)}</h3><ol class="latest silent">{lines}</ol>{more}'


def _rating(rating: dict[str, Any], units: Units, texts: Texts, when: str = "%H:%M:%S", care: str = "") -> str:
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
    told = ": ".join([words, why] if why else [words]) + (f" ({texts('replaced')})" if rating["replaced"] else "")
    return (
        f'<li class="{state}"><time>{at:{when}}</time><span class="place">{escape(place)}</span>'
        f'<span class="face">{sign} {escape(told)}</span>{care}</li>'
    )
