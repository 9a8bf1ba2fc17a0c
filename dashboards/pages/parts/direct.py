"""Asks while the page waits, for pages on which somebody looks at one thing for a while."""

from __future__ import annotations

from typing import Any

from dashboards.pages.parts.questions import NOTHING, A, Answer, Question, problem_of
from runtime.api_client import ApiClient, ApiError, ApiStatusError, Parameters

REQUEST_TIMEOUT_S = 30.0


class Direct:
    """Asks the read API behind ``client``; safe to use from several threads."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    def start(self, question: Question[Any], fixed: Parameters = NOTHING, moving: Parameters = NOTHING) -> None:
        """Nothing: the page asks when it needs the answer."""

    def ask(self, question: Question[A], fixed: Parameters = NOTHING, moving: Parameters = NOTHING) -> Answer[A]:
        """The answer of this moment, or the problem."""
        parameters = {**fixed, **question.parameters, **moving}
        try:
            answer = self._client.get(question.path, parameters, timeout_s=REQUEST_TIMEOUT_S)
        except ApiError as error:
            return Answer(None, problem_of(error), error.detail if isinstance(error, ApiStatusError) else "")
        return Answer(question.shape(answer))
