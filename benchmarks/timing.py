"""Times applications in turns, so that what disturbs the machine disturbs them alike.

Knows nothing of what it times. A *round* gives each contestant, in an order that is shuffled
anew, one batch of requests that takes a millisecond or less. The processor's time is counted, not
that of the clock on the wall, which goes on while others run; costs are medians over the rounds.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from timeit import Timer
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from .environs import start_response

if TYPE_CHECKING:
    import numpy.typing as npt

    from .environs import Draw

    #: Seconds per request, one value for each round.
    Costs = npt.NDArray[np.float64]

Name = TypeVar("Name", bound=Hashable)

_BATCH = """\
for environ in environs:
    app(environ, start_response)
"""
_TENTHS = 10


class Estimate(NamedTuple):
    """A figure, and how far it wandered while it was measured."""

    value: float
    #: The least and the greatest figure that consecutive tenths of the rounds give by themselves.
    low: float
    high: float


def race(
    contestants: Mapping[Name, tuple[Any, Draw]], rounds: Iterable[object]
) -> dict[Name, Costs]:
    """Time all contestants in turns.

    :param contestants: an application and its requests, each under a name of any kind.
    :param rounds: in each of them, everyone gets one batch.
    :returns: seconds per request, under the same names.
    """
    timers = [(name, _timer(*contestant)) for name, contestant in contestants.items()]
    costs: dict[Name, list[float]] = {name: [] for name in contestants}
    sizes = {name: len(draw()) for name, (_, draw) in contestants.items()}
    with little_garbage():
        for _ in rounds:
            random.shuffle(timers)
            for name, timer in timers:
                costs[name].append(timer.timeit(1) / sizes[name])
    return {name: np.array(values) for name, values in costs.items()}


@contextmanager
def little_garbage() -> Iterator[None]:
    """Have the garbage collector take all that exists for granted, so that its runs are short."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _timer(app: Any, draw: Draw) -> Timer:
    """The requests are drawn, and garbage is collected, while the clock stands still."""
    names = {"app": app, "draw": draw, "start_response": start_response}
    return Timer(_BATCH, setup="environs = draw()", timer=time.thread_time, globals=names)


def cost(costs: Costs) -> Estimate:
    """Seconds per request."""
    return ratio(costs, np.ones_like(costs))


def ratio(costs: Costs, others: Costs) -> Estimate:
    """How many times as much one costs as the other; both were timed in the same rounds."""
    tenths = zip(_tenths(costs), _tenths(others))
    ratios = [_ratio_of_medians(one, other) for one, other in tenths]
    return Estimate(_ratio_of_medians(costs, others), min(ratios), max(ratios))


def _tenths(costs: Costs) -> list[Costs]:
    return np.array_split(costs, min(_TENTHS, len(costs)))


def _ratio_of_medians(costs: Costs, others: Costs) -> float:
    # A smoke run is so short that the clock may show no difference at all.
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.median(costs) / np.median(others))
