"""How a page asks the read API: questions with the types of their answers, and who asks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Literal, Protocol, TypeVar

from dashboards.answers.units import Unit
from dashboards.texts.by_language import Texts
from runtime.api_client import ApiAwayError, ApiError, ApiStatusError, Parameters

A = TypeVar("A")
Units = Mapping[str, Unit]

Problem = Literal["away", "busy", "not_there", "question"]
"""Why there is no answer: no connection, the API cannot answer now, it has no such thing, it refuses the question."""

PROBLEMS: dict[int, Problem] = {404: "not_there", 422: "question"}
NOTHING: Parameters = {}


def _unchanged(answer: Any) -> Any:
    return answer


@dataclass(frozen=True)
class Question(Generic[A]):
    """A question whose answer has the type ``A``; asked of the viewer's unit and period unless it ``is_general``.

    A page that refreshes by itself asks again after ``every_s``; with ``at_once`` it waits a moment for an answer that
    is under way. ``shape`` makes of the answer what the page shows, once for all viewers; ``name`` sets questions apart
    that differ in nothing but their shape.
    """

    path: str
    parameters: Parameters = field(default_factory=dict)
    every_s: float = 0.0
    at_once: bool = False
    is_general: bool = False
    shape: Callable[[Any], A] = _unchanged
    name: str = ""

    def having(self, **parameters: str | int) -> Question[A]:
        """The same question with further parameters."""
        return replace(self, parameters={**self.parameters, **parameters})


@dataclass(frozen=True)
class Answer(Generic[A]):
    """The newest good ``data`` of one question, None before the first; ``problem`` prevents a newer one.

    ``detail`` is what the read API says of the problem.
    """

    data: A | None = None
    problem: Problem | None = None
    detail: str = ""

    @property
    def is_away(self) -> bool:
        """Whether the problem may pass by itself, whatever was asked."""
        return self.problem in ("away", "busy")


def problem_of(error: ApiError) -> Problem:
    """What an error of the read API's client means to a page."""
    if isinstance(error, ApiStatusError):
        return PROBLEMS.get(error.status, "busy")
    return "away" if isinstance(error, ApiAwayError) else "busy"


class Asker(Protocol):
    """Who asks for a page: in the background (feed.py), or while the page waits (direct.py).

    ``fixed`` parameters are part of what is asked; ``moving`` ones follow the clock, and the question stays the same.
    """

    def start(self, question: Question[Any], fixed: Parameters = NOTHING, moving: Parameters = NOTHING) -> None:
        """Has the question asked soon, so that its answer is there when it is needed."""

    def ask(self, question: Question[A], fixed: Parameters = NOTHING, moving: Parameters = NOTHING) -> Answer[A]:
        """The newest answer."""


class View:
    """What one viewer looks at: a unit, a period (``parameters``) and a language."""

    def __init__(self, asker: Asker, parameters: Parameters, texts: Texts, units: Units) -> None:
        self._asker = asker
        self.parameters = parameters
        self.unit = str(parameters["unit"])
        self.texts = texts
        self.units = units

    def start(self, *questions: Question[Any]) -> None:
        """Has these questions asked of what is looked at."""
        for question in questions:
            self._asker.start(question, NOTHING if question.is_general else self.parameters)

    def ask(self, question: Question[A], **moving: str | int) -> Answer[A]:
        """The answer about what is looked at."""
        return self._asker.ask(question, NOTHING if question.is_general else self.parameters, moving)
