"""Problems and how they are told: all of them at once, and no value can forge a line."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wsgicors import ConfigError, Problem
from wsgicors.errors import shown

ROW = pytest.param

TOO_OLD = Problem("max_age", -1, "out-of-range", "-1 is out of range: write 0")
FORBIDDEN = Problem("allow_methods", "TRACE", "forbidden", "'TRACE' is forbidden: leave it out")


@pytest.mark.parametrize(
    ("problems", "text"),
    [
        ROW([TOO_OLD], "max_age: -1 is out of range: write 0", id="one, in one line"),
        ROW(
            [FORBIDDEN, TOO_OLD],
            "2 problems in the CORS settings:\n"
            "  allow_methods: 'TRACE' is forbidden: leave it out\n"
            "  max_age: -1 is out of range: write 0",
            id="two, counted, in the order in which they were found",
        ),
    ],
)
def test_the_text_of_an_error_tells_every_problem(problems, text):
    assert str(ConfigError(problems)) == text


def test_an_error_is_a_value_error_with_its_problems():
    error = ConfigError(iter([FORBIDDEN, TOO_OLD]))
    assert isinstance(error, ValueError)
    assert error.problems == (FORBIDDEN, TOO_OLD)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_an_error_survives_being_copied(copied):
    again = copied(ConfigError(iter([FORBIDDEN, TOO_OLD])))
    assert (type(again), again.problems) == (ConfigError, (FORBIDDEN, TOO_OLD))
    assert str(again) == str(ConfigError([FORBIDDEN, TOO_OLD]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ROW("https://a.example", "'https://a.example'", id="text, as it is"),
        ROW(None, "None", id="nothing"),
        ROW("a\r\nroot logged in", r"'a\r\nroot logged in'", id="line ends, escaped"),
        ROW("a\x85b\u2028c", r"'a\x85b\u2028c'", id="line ends of Unicode, escaped"),
        ROW("\x1b[2J", r"'\x1b[2J'", id="terminal control, escaped"),
        ROW("м", r"'\u043c'", id="another script, escaped"),
        ROW("x" * 80, "'" + "x" * 80 + "'", id="80 characters, whole"),
        ROW("x" * 81, "'" + "x" * 80 + "'...", id="81 characters, cut"),
        ROW(["x" * 156], "['" + "x" * 156 + "']", id="list of 160 characters, whole"),
        ROW(["x" * 200], "['" + "x" * 158 + "...", id="long list, cut"),
    ],
)
def test_a_value_is_shown_short_and_in_ascii(value, text):
    assert shown(value) == text


@settings(deadline=None)
@given(st.text() | st.binary() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_whatever_is_shown_is_one_short_printable_line(value):
    text = shown(value)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) <= 1000


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no database connection")


def test_an_object_that_cannot_be_shown_is_named_by_its_class():
    assert "Unprintable" in shown(Unprintable())
