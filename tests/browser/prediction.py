"""What the simulator makes of a case, in the same words as a browser's trial of it."""

from __future__ import annotations

import warnings
from typing import Any

from wsgicors.fetch import Engine
from wsgicors.fetch.preflights import Need, Permission
from wsgicors.testing import Browser, NetworkError

from .answering import Answering
from .cases import Step
from .laboratory import Trial


class Prediction:
    """A case as it would go in a browser.

    :param trial: of the same case, for when things happened: what is kept ends in time.
    """

    def __init__(self, trial: Trial, engine: Engine) -> None:
        tried = trial.sitting
        answering = Answering(tried.ports)
        self.sitting = answering.bring(tried.case, tried.id)
        #: Step by step, the type of the response, or why there was none.
        self.reasons: list[str] = []
        self._times = [sent["time"] for sent in tried.sent]
        self._began = 0.0
        self._browser = Browser(
            answering, tried.page, tried.url(0), engine=engine, clock=self._clock
        )
        self._warm_up(tried.page)
        self.outcomes = [
            self._attempt(step, outcome["began"])
            for step, outcome in zip(tried.case.steps, trial.outcomes)
        ]

    def _clock(self) -> float:
        """When the trial was as far as this: at its latest request, or later at a new step."""
        return max([self._began, *self._times[: len(self.sitting.sent)]])

    def _warm_up(self, page: str) -> None:
        """Have an answer for each address looked up, as the laboratory's pages do."""
        for address in ("127.0.0.1", "[::1]"):
            need = Need(page, f"http://{address}/", "PUT", (), credentials=False, cached_for=page)
            cache = self._browser.agent.preflights
            cache.store(need, Permission(frozenset(), frozenset(), max_age=1), now=0)
            cache.covers(need, now=0)

    def _attempt(self, step: Step, began: float) -> dict[str, Any]:
        self._began = began
        options = {name: value for name, value in vars(step).items() if name != "pause"}
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "no browser lets a script set")
                response = self._browser.fetch("", **options)
        except TypeError as error:
            is_told = isinstance(error, NetworkError)
            self.reasons.append(error.reason if is_told else "refused at once")
            return {"outcome": "TypeError"}
        self.reasons.append(response.type)
        return {
            "outcome": response.type,
            "status": response.status,
            "url": response.url,
            "headers": dict(response.headers),
            "body": response.text,
        }
