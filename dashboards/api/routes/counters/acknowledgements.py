"""Who took care of what."""

from __future__ import annotations

from typing import cast

from dashboards.answers.counters import Acknowledgement, Acknowledgements
from dashboards.api.context import QuestionDep
from dashboards.api.file_formats import with_files
from dashboards.api.listing import to_json_rows
from warehouse.read import evidence


@with_files("acknowledgements")
def get_acknowledgements(question: QuestionDep) -> Acknowledgements:
    """Who took care of what in the period, the latest first; ``about`` as the page's form has it."""
    rows = evidence.acknowledgements(question.client, question.units_below(), question.period)
    return {**question.head(), "acknowledgements": cast("list[Acknowledgement]", to_json_rows(rows))}
