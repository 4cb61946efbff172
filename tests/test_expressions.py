"""Expressions by themselves: what never matches, what can take very long, what is too large."""

from __future__ import annotations

import re
import time

import pytest

from wsgicors import ConfigError, Policy
from wsgicors.expressions import fault_of

ROW = pytest.param


@pytest.mark.parametrize(
    "expression",
    [
        ROW(r"https://([a-z0-9-]+\.?)+\.example\.com", id="a dot that may be left out"),
        ROW(r"https://(.*)*\.example\.com", id="all, any number of times"),
        ROW(r"https://(a*)*\.example\.com", id="nothing, any number of times"),
        ROW(r"https://(?:[a-z]+|[a-z0-9]+)*\.example\.com", id="alternatives that overlap"),
        ROW(r"https://([a-z]{1,20}){1,20}\.example\.com", id="counted"),
        ROW(r"https://(x+x+)+y\.example", id="two behind one another"),
        ROW(r"https://(.*\.)*example\.com", id="all, and a dot"),
        ROW(r"https://.*-.*-.*-.*\.example\.com", id="four that share a text"),
        ROW(r"https://(?=([a-z]+)+\.$).*", id="looking ahead"),
        ROW(r"https://(?!([a-z]+)+!).*", id="looking ahead for what must not be"),
        ROW(r"https://" + "a?" * 24 + "a" * 24, id="many that may be left out"),
        ROW(r"https://" + "(?:ab)?" * 24 + "ab" * 24, id="many words that may be left out"),
        ROW(r"https://" + "(a?){3}" * 10 + "aaa", id="few rounds, many times"),
        ROW(r"https://(?:a?){24}a{24}", id="rounds that may be empty"),
        ROW(r"https://(((a{1,3}){1,3}){1,3}){1,3}", id="few rounds of few rounds"),
        ROW(r"https://.*" + "[a-z]?" * 17, id="many that may be left out, behind all"),
    ],
)
def test_what_can_take_very_long_is_refused(expression):
    with pytest.raises(ConfigError) as caught:
        Policy(allow_origins=[re.compile(expression)])
    (problem,) = caught.value.problems
    assert (problem.field, problem.reason) == ("allow_origins", "slow")


@pytest.mark.parametrize(
    "expression",
    [
        ROW(r"https://[a-z0-9-]+\.example\.com", id="a name"),
        ROW(r"https://([a-z0-9-]+\.)*example\.com", id="names"),
        ROW(r"https://([a-z0-9-]{1,63}\.){1,3}example\.com", id="counted names"),
        ROW(
            r"https://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+example\.com",
            id="names by the book",
        ),
        ROW(r"https?://(.+\.)?example\.com(:\d+)?", id="what people write"),
        ROW(r"https://[a-z0-9]+(-[a-z0-9]+)*\.example\.com", id="words with hyphens"),
        ROW(r".*", id="all"),
        ROW(r"file://", id="files, which have no host"),
        ROW(r"(https|app)://(a\.example)?", id="an application without a host, too"),
        ROW(r"[a-z]+://", id="any scheme without a host"),
        ROW(
            r"https?://(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(:\d{1,5})?",
            id="addresses by the book",
        ),
        ROW(r"https://(\w+\.){0,3}example\.com\.au(:[0-9]{1,5})?", id="some names"),
        ROW(r"https://(?:a?){0,24}a{24}\.example\.com", id="rounds that need not be"),
        ROW(r"https://.*-.*\.example\.com", id="two that share a text"),
    ],
)
def test_what_cannot_is_taken_and_does_not_take_long(expression):
    compiled = re.compile(expression)
    assert fault_of(compiled) is None
    hostile = ["https://" + part * (253 // len(part)) for part in ("a", "a.", "-", "a-", ".")]
    begun = time.process_time()
    for origin in hostile:
        compiled.fullmatch(origin + "!")
    # Those above take minutes to ages.
    assert time.process_time() - begun < 5


def test_a_thousand_endless_alternatives_are_soon_looked_through():
    names = "|".join(rf"https://(?:[a-z0-9-]+\.)*customer{number}\.com" for number in range(1000))
    begun = time.process_time()
    assert fault_of(re.compile(names)) is None
    # To compare each with each takes ten times as long.
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "expression",
    [
        ROW(r"https://app\.example\.com/", id="a slash at the end"),
        ROW(r"https://app\.example\.com/.*", id="a path"),
        ROW(r"app\.example\.com", id="no scheme"),
        ROW(r"HTTPS://APP\.EXAMPLE\.COM", id="a scheme in upper case"),
        ROW(r"https:/app\.example\.com", id="one slash"),
        ROW("", id="nothing"),
        ROW(r"https://*", id="slashes, and no host"),
        ROW(r"https?://", id="a scheme alone"),
    ],
)
def test_what_matches_no_origin_is_refused(expression):
    with pytest.raises(ConfigError) as caught:
        Policy(allow_origins=[re.compile(expression)])
    assert [problem.reason for problem in caught.value.problems] == ["never-matches"]


@pytest.mark.parametrize(
    "expression",
    [
        ROW("https://" + "(?:a|b)?" * 30_000, id="very many parts"),
        ROW("https://" + "(?:" * 60 + "a" + "{0,9})" * 60, id="counted within counted"),
    ],
)
def test_what_is_too_large_is_refused_in_bounded_time(expression):
    assert fault_of(re.compile(expression)).reason in ("too-complex", "slow")


def test_eight_hundred_customers_are_not_too_many():
    names = "|".join(rf"customer{number}\.example" for number in range(800))
    assert fault_of(re.compile(rf"https://(?:{names})")) is None
