"""However many lines clients cause, a bounded number of each kind is written a minute."""

from __future__ import annotations

import logging

import pytest
from exchanges import answer, environ_of, site

from wsgicors import CORSMiddleware, Policy
from wsgicors.logs import LinesAMinute

APP = "https://app.example.com"


class Clock:
    now = 0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log(clock):
    logger, lines = logging.Logger("test"), []  # noqa: LOG001 - its own, which nobody else hears
    logger.addFilter(LinesAMinute(clock))
    logger.addFilter(lambda record: lines.append(record.getMessage()) or True)
    logger.lines = lines
    return logger


def test_of_each_kind_a_hundred_lines_a_minute_are_written(log):
    for number in range(1000):
        log.error("a %s", number)
    log.error("b %s", 1)
    assert len(log.lines) == 101
    assert (log.lines[0], log.lines[99], log.lines[100]) == ("a 0", "a 99", "b 1")


def test_the_next_line_of_the_kind_tells_how_many_were_left_out(log, clock):
    for number in range(1000):
        log.error("a %s", number)
    clock.now = 61
    log.error("a %s", "later")
    log.error("a %s", "again")
    assert log.lines[100:] == ["a later (900 lines of this kind were left out before)", "a again"]


def test_what_was_left_out_is_told_however_long_it_was_ago(log, clock):
    for _ in range(150):
        log.error("a")
    clock.now = 100_000
    log.error("a")
    assert log.lines[-1] == "a (50 lines of this kind were left out before)"


def test_sentences_that_are_put_together_from_values_are_bounded_too(log):
    for number in range(10_000):
        log.error(f"a {number}")  # noqa: G004 - which is the mistake
    assert len(log.lines) < 500


def raising(*asked):
    raise LookupError("x" * 9999)


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"allow_origins": APP}, logging.DEBUG),
        ({"allow_origins": APP, "refuse_denied": True}, logging.DEBUG),
        ({"allow_origins": lambda *asked: "yes"}, logging.ERROR),
        ({"allow_origins": raising}, logging.ERROR),
        ({"resolve": raising}, logging.ERROR),
        ({"allow_origins": APP, "trial": Policy(allow_origins="*")}, logging.INFO),
    ],
    ids=["denied", "refused", "no bool", "callable raises", "resolve raises", "trial"],
)
def test_a_flood_fills_no_disk(fields, level, caplog):
    caplog.set_level(level, "wsgicors")
    app = CORSMiddleware(site(), **fields)
    for number in range(2000):
        request = environ_of(f"/{number}", "POST", f"https://n{number}.example")
        answer(app, request)
    assert 0 < len(caplog.messages) <= 200
    assert len(caplog.text) < 600_000
