"""The blocks of the inspector's page as HTML. Pure: the read API's answers, addresses and texts in, markup out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from dashboards.pages.supervisor.blocks import CHOSEN, SIGNS, Units, link, unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import escape, with_marks

PLACE_SIGNS = {"within": "○", "low": "◔", "very_low": "▼", "high": "◕", "very_high": "▲"}
OWN = f' class="own"{CHOSEN}'
NO_PART = dict.fromkeys(("counter", "staff", "procedure", "channel", "hour", "weekday"))

Address = Callable[[Mapping[str, str | None]], str]
"""The page's address with other parameters; None takes one away."""


def table(caption: str, columns: Sequence[str], rows: Sequence[str], kind: str) -> str:
    """A table whose rows are markup already."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    return (
        f'<table class="{kind}"><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def ranking(figures: Sequence[dict[str, Any]], own: str, units: Units, address: Address, texts: Texts) -> str:
    """Units with their figures in the order of the answer, ``own`` marked; each leads to its own evidence."""
    bounds = [bound for figure in figures for bound in (figure["interval"] or ())]
    top = 100.0 if figures[0]["unit_of_measure"] == "percent" else max(bounds, default=1.0)
    rows = []
    for place, figure in enumerate(figures, 1):
        anchor = link(address({"unit": figure["unit"], **NO_PART}), unit_name(figure["unit"], units, texts))
        number = place if figure["status"] == "ok" else form.NOTHING
        rows.append(
            f'<tr{OWN if figure["unit"] == own else ""}><td class="number">{number}</td><th scope="row">{anchor}</th>'
            f'<td class="number"><b>{escape(_value(figure, texts))}</b></td><td>{bar(figure, top)}</td>'
            f'<td class="number">{form.number(figure["n"], texts.language)}</td>'
            f"<td>{_state(figure, texts)}</td><td>{_place(figure, texts)}</td></tr>"
        )
    keys = ("place", "unit", "value", "spread", "n", "state", "in_funnel")
    words = [texts(f"inspector.{key}") for key in keys]
    return table(texts("inspector.title"), words, rows, "ranking")


def bar(figure: Mapping[str, Any], top: float) -> str:
    """The interval as a bar with the value in it and the target as a line, up to ``top``; for readers its numbers."""
    if figure["value"] is None or not figure["interval"]:
        return ""
    per_unit = 100 / max(top, 1e-9)
    low, high = (bound * per_unit for bound in figure["interval"])
    expected = figure["target"]
    line = f'<i class="target" style="left:{expected["value"] * per_unit:.1f}%"></i>' if expected else ""
    told = " – ".join(f"{bound:.1f}" for bound in figure["interval"])
    return (
        f'<span class="bar" role="img" aria-label="{told}">'
        f'<i class="interval" style="left:{low:.1f}%;width:{high - low:.1f}%"></i>{line}'
        f'<i class="value" style="left:{figure["value"] * per_unit:.1f}%"></i></span>'
    )


def made(figure: dict[str, Any], indicator: Mapping[str, Any], texts: Texts) -> str:
    """How a figure came about: formula, numerator, denominator, rule set, source, and how to count it again."""
    last_moment = form.instant(figure["to"]) - timedelta(microseconds=1)
    words = {
        "formula": f"{indicator['numerator']} / {indicator['denominator']}",
        "numerator": form.NOTHING if figure["numerator"] is None else form.number(figure["numerator"], texts.language),
        "denominator": form.number(figure["denominator"], texts.language),
        "rule_set": figure["rule_set"],
        "source": indicator["source"],
        "note": texts.name_of(indicator, "note"),
        "target": form.target(figure, texts) if figure["target"] is None else figure["target"]["source"],
        "as_of": form.day_and_time(form.instant(figure["as_of"])) if figure["as_of"] else form.NOTHING,
        "recount": f"hailong verify --from {form.instant(figure['from']):%Y-%m-%d} --to {last_moment:%Y-%m-%d}",
    }
    if factor := indicator["factor"]:
        words["formula"] += " " + texts("inspector.factor", **factor)
    rows = []
    for key, word in words.items():
        shown = f"<code>{escape(word)}</code>" if key in {"formula", "recount"} else escape(word)
        if word:
            rows.append(f"<dt>{escape(texts(f'inspector.{key}'))}</dt><dd>{shown}</dd>")
    return f'<dl class="made">{"".join(rows)}</dl>'


def parts(by: str, found: Sequence[dict[str, Any]], names: Mapping[str, str], address: Address, texts: Texts) -> str:
    """One way to split a figure; each part leads to its cases."""
    if not found:
        return f'<p class="quiet">{escape(texts("inspector.parts_empty"))}</p>'
    rows = []
    for part in found:
        anchor = link(address({by: part["part"]}), names[part["part"]])
        value = form.percent(part["value"], texts.language) if part["value"] is not None else form.NOTHING
        shown = {**part, "unit_of_measure": "percent", "target": None}
        rows.append(
            f'<tr><th scope="row">{anchor}</th>'
            f'<td class="number"><b>{escape(value)}</b></td><td>{bar(shown, 100)}</td>'
            f'<td class="number">{form.number(part["n"], texts.language)}</td></tr>'
        )
    keys = ("part", "value", "spread", "n")
    return table(texts(f"inspector.by.{by}"), [texts(f"inspector.{key}") for key in keys], rows, "parts")


def rating_rows(ratings: Sequence[dict[str, Any]], units: Units, address: Address, texts: Texts) -> str:
    """Single ratings with what was written beside them."""
    rows = []
    for rating in ratings:
        good = form.is_satisfied(rating["scale"], rating["score"])
        why = form.reason_names(rating["reasons"], texts.language)
        words = texts.score(rating["scale"], rating["score"])
        said = f"{'🙂' if good else '🙁'} {': '.join([words, why] if why else [words])}"
        code = rating["dossier"]
        dossier = link(address({"dossier": code}), code) if code else ""
        rows.append(
            f"<tr><td>{form.instant(rating['occurred_at']):%d/%m/%Y %H:%M:%S}</td>"
            f"<td>{escape(unit_name(rating['unit'], units, texts))}</td><td>{escape(rating['counter'])}</td>"
            f'<td>{escape(rating["staff"])}</td><td class="{"good" if good else "bad"}">{escape(said)}</td>'
            f"<td>{escape(rating['comment'])}</td><td>{dossier}</td></tr>"
        )
    keys = ("time", "unit", "counter", "staff", "answer", "comment", "dossier")
    return table(texts("inspector.ratings"), [texts(f"inspector.{key}") for key in keys], rows, "cases")


def dossier_rows(dossiers: Sequence[dict[str, Any]], units: Units, address: Address, texts: Texts) -> str:
    """Single dossiers; each leads to what happened to it."""
    rows = []
    for dossier in dossiers:
        anchor = link(address({"dossier": dossier["dossier"]}), dossier["dossier"])
        late = dossier["overdue"]
        word = texts("inspector.late" if late else "inspector.in_time")
        rows.append(
            f'<tr><th scope="row">{anchor}</th>'
            f"<td>{escape(unit_name(dossier['unit'], units, texts))}</td><td>{escape(dossier['procedure'])}</td>"
            f"<td>{escape(dossier['counter'])}</td><td>{escape(dossier['staff'])}</td>"
            f"<td>{_when(dossier['received_at'])}</td><td>{_when(dossier['due_at'])}</td><td>{_when(dossier['ended'])}</td>"
            f'<td class="{"bad" if late else "good"}">{"✗" if late else "✓"} {escape(word)}</td></tr>'
        )
    keys = ("dossier", "unit", "procedure", "counter", "staff", "received", "due", "ended", "state")
    return table(texts("inspector.dossiers"), [texts(f"inspector.{key}") for key in keys], rows, "cases")


def timeline(found: dict[str, Any], units: Units, texts: Texts) -> str:
    """Every event about a dossier, as it was sent."""
    rows = []
    for step in found["steps"]:
        told = {name: value for name, value in step["data"].items() if name not in {"unit"} and value is not None}
        rows.append(
            f"<tr><td>{form.instant(step['time']):%d/%m/%Y %H:%M:%S}</td><td><code>{escape(step['type'])}</code></td>"
            f"<td>{escape(unit_name(step['unit'], units, texts))}</td>"
            f"<td><small>{escape(with_marks(json.dumps(told, ensure_ascii=False)))}</small></td>"
            f"<td>{form.instant(step['recorded_at']):%d/%m/%Y %H:%M:%S}</td><td>{escape(step['source'])}"
            f"{' · ' + escape(texts('inspector.retracted')) if step['retracted'] else ''}</td></tr>"
        )
    keys = ("time", "step", "unit", "told", "recorded", "sender")
    caption = texts("inspector.timeline", dossier=found["dossier"]["dossier"])
    return table(caption, [texts(f"inspector.{key}") for key in keys], rows, "timeline")


def _value(figure: dict[str, Any], texts: Texts) -> str:
    return form.quantity(figure["value"], figure["unit_of_measure"], texts)


def _state(figure: dict[str, Any], texts: Texts) -> str:
    state = form.standing(figure)
    word = "" if state == "none" else texts(state)
    return f'<span class="chip {state}">{SIGNS[state]} {escape(word)}</span>' if word else ""


def _place(figure: dict[str, Any], texts: Texts) -> str:
    place = figure.get("place")
    return f"{PLACE_SIGNS[place]} {escape(texts(f'inspector.places.{place}'))}" if place else ""


def _when(text: str | None) -> str:
    return f"{form.instant(text):%d/%m/%Y %H:%M}" if text else form.NOTHING
