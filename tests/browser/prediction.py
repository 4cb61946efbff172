"""What the simulator makes of a case, in the same words as a browser's trial of it."""

from __future__ import annotations

import warnings
from typing import Any

from wsgicors.fetch import Engine
from wsgicors.fetch.preflights import Need, Permission
from wsgicors.testing import Browser, NetworkError

from .answering import Answering, Sitting
from .cases import Step


class Prediction:
    """A case as it would go in a browser.

    :param times: when the browser began each step.
    """

    def __init__(self, tried: Sitting, engine: Engine, times: list[float]) -> None:
        answering = Answering(tried.ports)
        self.sitting = answering.bring(tried.case, tried.id)
        self.reasons = []
        self._now = 0.0
        self._browser = Browser(
            answering, tried.page, tried.url(0), engine=engine, clock=lambda: self._now
        )
        self._warm_up(tried.page)
        self.outcomes = [self._attempt(step, now) for step, now in zip(tried.case.steps, times)]

    def _warm_up(self, page: str) -> None:
        """Have an answer for each address looked up, as the laboratory's pages do."""
        for address in ("127.0.0.1", "[::1]"):
            need = Need(page, f"http://{address}/", "PUT", (), credentials=False, cached_for=page)
            cache = self._browser.agent.preflights
            cache.store(need, Permission(frozenset(), frozenset(), max_age=1), now=0)
            cache.covers(need, now=0)

    def _attempt(self, step: Step, now: float) -> dict[str, Any]:
        self._now = now
        options = {name: value for name, value in vars(step).items() if name != "pause"}
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "no browser lets a script set")
                response = self._browser.fetch("", **options)
        except TypeError as error:
            self.reasons.append(
                error.reason if isinstance(error, NetworkError) else "refused at once"
            )
            return {"outcome": "TypeError"}
        self.reasons.append(response.type)
        return {
            "outcome": response.type,
            "status": response.status,
            "url": response.url,
            "headers": dict(response.headers),
            "body": response.text,
        }
