"""The texts of docs/indicators.md, made from the catalogue and its worked examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from contract.indicators.catalogue import RuleSet, catalogue
from contract.indicators.cohorts import ATTRIBUTES, PETITION_ATTRIBUTES, POINT_ATTRIBUTES, STEPS
from contract.indicators.indicator import Indicator, Target
from contract.indicators.lateness import RULE_EN, RULE_VI
from contract.indicators.measures import MEASURES
from contract.indicators.missing import texts
from contract.indicators.streaks import LastingMiss

BASIS = {
    "rule": "văn bản quy định · stated in the source",
    "practice": "theo cách Cổng DVCQG tính · as the national portal counts, by observation",
    "choice": "lựa chọn của dự án · this project's choice",
}
KINDS: dict[str, Callable[[Indicator], str]] = {
    "ratio": lambda entry: f"`{entry.numerator}` / `{entry.denominator}`",
    "mean": lambda entry: f"`{entry.numerator}` / `{entry.denominator}`",
    "quantile": lambda entry: f"p{100 * (entry.quantile or 0):g} / `{entry.numerator}`",
    "count": lambda entry: f"`{entry.numerator}`",
}


def rule_sets() -> str:
    """The table of rule sets, one row for each."""
    lines = ["| rule set | | indicators | points | in force from |\n", "| --- | --- | --- | --- | --- |\n"]
    for rules in catalogue().rule_sets:
        points = f"{rules.max_points:g}" if rules.cards else "—"
        name = f"{rules.name_vi} · {rules.name_en}"
        lines.append(f"| `{rules.id}` | {name} | {len(rules.indicators)} | {points} | {rules.valid_from:%d/%m/%Y} |\n")
    return "".join(lines)


def section(name: str) -> Callable[[], str]:
    """Returns the function that writes the section of the rule set with this id."""

    def write_section() -> str:
        rules = next(rules for rules in catalogue().rule_sets if rules.id == name)
        entries = [_entry(entry, rules) for entry in rules.indicators]
        return "\n".join(["", *_cards(rules), *map(_warning, rules.warnings), *entries]) + "\n"

    return write_section


def lateness() -> str:
    """The rule of lateness, and the reasons why a figure may be absent."""
    reasons = "".join(f"| `{reason}` | {text['vi']} | {text['en']} |\n" for reason, text in texts().items())
    return f"\n{RULE_VI}\n\n{RULE_EN}\n\n| `reason` | | |\n| --- | --- | --- |\n{reasons}"


def formula_words() -> str:
    """The table of measures, steps and attributes that formulas are made of."""
    kinds = [
        *(
            ("measure", {name: measure.meaning for name, measure in MEASURES.items()}),
            ("step", STEPS),
            ("attribute of a dossier or procedure", ATTRIBUTES),
        ),
        *(("attribute of a petition", PETITION_ATTRIBUTES), ("attribute of a point", POINT_ATTRIBUTES)),
    ]
    rows = [f"| `{name}` | {kind} | {meaning} |\n" for kind, listed in kinds for name, meaning in listed.items()]
    return "| word | | what it counts |\n| --- | --- | --- |\n" + "".join(rows)


def _cards(rules: RuleSet) -> Iterator[str]:
    if not rules.cards:
        return
    yield "| nhóm · card | điểm · points | gồm · made of |\n| --- | --- | --- |"
    for card in rules.cards:
        parts = [f"`{part.indicator}` {part.max_points:g}" for part in card.components]
        yield f"| {card.name_vi} · {card.name_en} | {card.max_points:g} | {', '.join(parts)} |"
    bands = [f"{band.icon} {band.name_vi} · {band.name_en} từ · from {band.from_points:g}" for band in rules.bands]
    total = f"`{rules.total.id}` · {rules.total.name_vi} · {rules.total.name_en}: " if rules.total else ""
    yield f"\n{total}{'; '.join(bands)}.\n"


def _entry(entry: Indicator, rules: RuleSet) -> str:
    example, *further = (text for name, text in examples().items() if name.partition("/")[0] == entry.id)
    paragraphs = [
        f"### {entry.id} · {entry.name_vi}",
        example["rule_vi"].strip(),
        f"*{entry.name_en}.* {example['rule_en']}",
    ]
    if entry.note_vi:
        paragraphs.append(f"{entry.note_vi} · {entry.note_en}")
    factor = entry.factor
    times = f" × `{factor.numerator}` / `{factor.denominator}`" if factor else ""
    lines = [f"- {KINDS[entry.kind](entry)}{times} ({entry.unit})"]
    component = rules.components.get(entry.id)
    if component:
        full = f", đủ điểm từ · all points from {component.full_at:g}" if component.full_at != 100 else ""
        lines.append(f"- Điểm tối đa · maximum points: {component.max_points:g}{full}")
        if component.granted_to:
            lines.append(
                f"- Được tính đủ điểm ở cấp · all points given at the levels: {', '.join(component.granted_to)}"
            )
    lines += [
        f"- Không có số liệu khi chỉ có · no figure when all cases are: `{each.cases}` (`{each.reason}`)"
        for each in entry.unjudged
    ]
    lines += [f"- Mục tiêu · target: {_target(target)}" for target in entry.targets]
    lines.append(f"- Nguồn · source: {entry.source} ({BASIS[entry.basis]})")
    lines.append(f"- Ví dụ · example: {_worked_out(example)}")
    lines += [f"- {other['rule_vi'].strip()} · {other['rule_en']} {_worked_out(other)}" for other in further]
    return "\n\n".join([*paragraphs, "\n".join(lines), ""])


def _worked_out(example: dict[str, Any]) -> str:
    points = f", {example['points']:g} điểm · points" if "points" in example else ""
    return f"{example['numerator']:g} / {example['denominator']:g} → {example['value']:g}{points}"


def _warning(warning: LastingMiss) -> str:
    watched = ", ".join(f"`{name}`" for name in warning.indicators)
    return (
        f"`{warning.id}` · {warning.name_vi} · {warning.name_en}: {watched} không đạt mục tiêu {warning.days} ngày liền"
        f" · misses its target {warning.days} days in a row (n ≥ {warning.min_n}). {warning.source}.\n"
    )


def _target(target: Target) -> str:
    to = f"–{target.valid_to:%d/%m/%Y}" if target.valid_to else " →"
    levels = f" ({', '.join(target.levels)})" if target.levels else ""
    return f"{target.op} {target.value:g}{levels}, {target.valid_from:%d/%m/%Y}{to}: {target.source}"


@cache
def examples() -> dict[str, Any]:
    """The worked examples by indicator; a further one has the key INDICATOR/SUBJECT and follows the first."""
    loaded: dict[str, Any] = yaml.safe_load(files("contract.indicators").joinpath("worked_examples.yaml").read_text())
    return loaded
