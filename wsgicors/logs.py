"""The logger of the package, and how many lines a minute may be written to it.

Every denial and every failure is logged, and clients decide how many there are. So of each kind, a
bounded number of lines is written each minute; the next line of that kind tells how many were left
out. A kind is one sentence of the source, whatever its values.
"""

from __future__ import annotations

import logging
import time
from typing import Callable

from .forks import Lock

_LINES_A_MINUTE = 100
# Sentences of the source. The bound is for those that somebody might put together from values.
_MAX_KINDS = 256


class LinesAMinute(logging.Filter):
    """Lets a bounded number of lines of each kind through.

    :param clock: gives the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = Lock()
        # By kind: the minute, the lines in it, and how many were left out since the last one.
        self._kinds: dict[str, tuple[int, int, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written; the first one after a gap tells how many were not."""
        with self._lock:
            left_out = self._count(str(record.msg))
        if left_out is None:
            return False
        if left_out:
            record.msg = (
                f"{record.getMessage()} ({left_out} lines of this kind were left out before)"
            )
            record.args = ()
        return True

    def _count(self, kind: str) -> int | None:
        """How many lines were left out before this one; ``None`` if it is left out, too."""
        if kind not in self._kinds and len(self._kinds) >= _MAX_KINDS:
            kind = ""
        now = int(self._clock() // 60)
        minute, lines, left_out = self._kinds.get(kind, (now, 0, 0))
        lines = lines if minute == now else 0
        if lines >= _LINES_A_MINUTE:
            self._kinds[kind] = (now, lines, left_out + 1)
            return None
        self._kinds[kind] = (now, lines + 1, 0)
        return left_out

    def forget(self) -> None:
        """Begin anew, for tests."""
        self._kinds.clear()


logger = logging.getLogger("wsgicors")
lines_a_minute = LinesAMinute()
logger.addFilter(lines_a_minute)
