"""Whom a regular expression admits that nobody meant, with credentials."""

from __future__ import annotations

import re
import sys
from wsgiref.simple_server import demo_app

import pytest

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.origins import is_origin
from wsgicors.strangers import strangers_admitted_by

# What repeats and gives nothing back: from Python 3.11.
POSSESSIVE = [r"https://[a-z]*+.site\.netlify\.app"] if sys.version_info >= (3, 11) else []


@pytest.mark.parametrize(
    "expression",
    [
        r"https://[a-z]+\.com",
        r"https://.*example\.com",
        r"https://app.example.com",
        r"https://myapp-.*\.vercel\.app",
        r"https://[a-z]{3,12}\.github\.io",
        r"https://app\.example.com",
        r".*",
        r"https://.*",
        r"https://example\.[a-z]+",
        r"https://example\.(com|.*)",
        r"https://(www)?example\.com",
        r"https://[a-z]+\.(www)?example\.com",
        r"https://(?:[a-z]+\.)+(?:dev-|)example\.com",
        r"https://[a-z]+\.(?:my)?site\.github\.io",
        r"https://(www.)?example\.com",
        r"https://[0-9.]+",
        r"https?://.*\.com",
        r"https://\w+\.co\.uk",
        r"https://(.*)\.netlify\.app",
        r"https://([^.]+)example\.com(:\d+)?",
        r"chrome-extension://[a-p]{32}",
        r"[a-z]+://app\.example\.com",
        r".*://app\.example\.com",
        r"moz-extension://.*",
        r"https://.+\.amazonaws\.com",
        r"https://app\.example\.com|https://[a-z]+\.io",
        r"(?i)https://APP.example\.com",
        r"https://example\.com.*",
        r"https://example\.com[^/]*",
        r"https://(?=.*example).*\.com",
        r"https://(.+[.])?example.com",
        r"https://shop[0-9]\.com",
        r"https://.*\.?example\.com",
        r"https://[\w.-]*example\.com",
        r"https://\S+\.example\.com\S*",
        r"https://(app|.*)\.pages\.dev",
        r"https://deploy-preview-\d+--site\.netlify\.app",
        r"https://example\.co.",
        r"https://(\d+\.){3}\d+",
        r"https://(\d{1,3}\.){2}0\.1",
        r"https://[a-z]+",
        r"https://app-?\.example.com",
        r"https://(?:a|b|[c-z]+)\.com",
        r"https://x[.]y[.]co.uk",
        r"https://[abcdefghijklmnopqrstuvwxyz]{2}\.com",
        r"https://shop[0123456789]\.com",
        r"https://app[.-]example\.com",
        r"https://app(\.|-)example\.com",
        r"https://(app[-.])?example\.com",
        r"https://app[-.]?example\.com",
        r"https://\[[0-9a-f:]+\]:8443",
        r"https://\[2a01:4f8:[0-9a-f:]+\]",
        r"https://\[2a01:4f8::[0-9]{4}\](:\d+)?",
        r"https://\[(?:[0-9a-f]{4}:){7}[0-9a-f]{4}\]",
        r"https://www\.?example\.com",
        r"https://(www|app)\.?example\.com",
        r"https://www(?:\.)?example\.com",
        r"https://www\.*example\.com",
        r"https://shop\.?github\.io",
        r"https://[a-z]+\.shop\.?vercel\.app",
        r"https://[a-z]+example\.com:\d{5}",
        r"https://\d{3}\.\d{3}\.\d{3}\.\d{3}",
        r"https://3\.12\.\d{3}\.\d{3}",
        r"https://[a-z]{60}.example\.com",
        r"https://[a-z]{60}[-.]shop\.example.com",
        r"https://(?:[a-z]*$|[a-z]{9})[-.]example\.com",
        r".*://(?:[a-z]*$|[a-z]{9})\.example\.com",
        r".*://(?:^|[a-z]+x)\.example\.com",
        *POSSESSIVE,
    ],
)
def test_an_expression_that_admits_strangers_is_refused_with_one_of_them(expression):
    compiled = re.compile(expression)
    policy = Policy(allow_origins=[compiled], allow_credentials=True)
    (problem,) = policy.conflicts()
    assert (problem.field, problem.value) == ("allow_origins", compiled)
    if problem.reason == "cannot-be-checked":
        assert "(?" in expression or "{60}" in expression or expression in POSSESSIVE
    else:
        (shown,) = re.findall(r"also allows '([^']*)'", problem.message)
        assert is_origin(shown)
        assert compiled.fullmatch(shown)
    # Everybody may read what has no credentials.
    assert Policy(allow_origins=[compiled]).conflicts() == ()


@pytest.mark.parametrize(
    "expression",
    [
        r"https://.*\.example\.com",
        r"https://[a-z0-9-]+\.example\.com",
        r"https://(.+\.)?example\.com",
        r"https?://app\.example\.com",
        r"https://(a|b|shop)\.com",
        r"https://example\.(com|org|co\.uk)",
        r"^https://(www\.)?example\.com$",
        r"https://app\.example\.com(:\d+)?",
        r"https?://localhost(:\d+)?",
        r"http://127\.0\.0\.\d+:\d+",
        r"http://\[::1\](:\d+)?",
        r"https://([a-z0-9-]+\.)*example\.co\.uk",
        r"https://pr-\d+\.preview\.example\.com",
        r"tauri://localhost",
        r"(https://app\.example\.com|capacitor://localhost|http://localhost)",
        r"https://(?!evil)[a-z]+\.example\.com",
        r"(?i)https://[A-Z]+\.Example\.com",
        r"https://192\.168\.\d+\.\d+(:\d+)?",
        r"https://example(-staging)?\.com",
        r"chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        r"https://.*\.localhost",
        r"https://(shop|myshop)\.com",
        r"https://[^.]+\.example\.com",
        r"https://[\w-]+\.app\.github\.io",
        r"https://(.*\.)?example\.com(?::[0-9]{1,5})?",
        r"https://app\.example\.com\Z",
        r"https://.+\.s3\.us-west-2\.mybucket\.example\.com",
        r"https://shop[123]\.com",
        r"(?i)https://[Ss]hop\.com",
        r"https://api[.-]staging\.example\.com",
        r"https://(www[.])?example\.com",
        r"https://\[2a01:4f8:0:1::1\]",
        r"https://\[fd00:[0-9a-f:]+\](:\d+)?",
        r"https://(?!evil)[^/]*\.example\.com",
        r"https://(?:www\.|)example\.com",
        r"https://[a-z]+\.(?:www\.)?example\.com",
        r"https://[a-z]+\.(?:work)?shop\.example\.com",
        r"https://[a-z]+\.my-?example\.com",
        r"https://example\.com\.?",
        r"https://a\.?b\.example\.com",
        r"https://(?:www\.)?example\.(?:co\.)?uk",
        r"https://(?:(?:www|app)\.)?(?:eu\.)?example\.com",
        r"https://localhost\.?:3000",
        r"https://10\.\d{3}\.\d{3}\.\d{3}",
        r"https://172\.(?:1[6-9]|2\d|3[01])\.\d+\.\d+",
        r"https://192\.168\.\d{1,3}\.\d{3}:\d{5}",
        r"^(?:https://app\.example\.com$|https://shop\.example\.com$)",
        r"(^https://app\.example\.com$)|(^https://[a-z]+\.shop\.example\.com$)",
        r"(?m)^https://[a-z]+\.example\.com$",
    ],
)
def test_what_people_rightly_write_is_taken(expression):
    policy = Policy(
        allow_origins=[re.compile(expression)],
        allow_credentials=True,
    )
    assert [problem for problem in policy.conflicts() if problem.reason != "insecure-origin"] == []


def test_a_hundred_domains_of_ones_own_are_taken():
    names = "|".join(rf"customer{number}\.com" for number in range(100))
    assert strangers_admitted_by(re.compile(f"https://(?:{names})")) == []


def test_what_cannot_be_looked_through_is_refused():
    expression = re.compile("https://" + "[abcdefgh]" * 40 + r"\.com")
    assert [each.reason for each in strangers_admitted_by(expression)] == ["cannot-be-checked"]


@pytest.mark.parametrize(
    ("expression", "opt_out", "reasons"),
    [
        (r"https://[a-z]+\.vercel\.app", "dangerously_allow_public_suffixes", []),
        (r"https://.*", "dangerously_allow_public_suffixes", ["matches-any-origin"]),
        (r"http://app\.example\.com", "dangerously_allow_insecure_origins", []),
        (r"http://.*example\.com", "dangerously_allow_insecure_origins", ["admits-strangers"]),
        (r"https://.*example\.com", "dangerously_allow_insecure_origins", ["admits-strangers"]),
        (r"http://app\.example\.com", "dangerously_allow_public_suffixes", ["insecure-origin"]),
    ],
)
def test_the_opt_outs_hold_for_expressions_too(expression, opt_out, reasons):
    policy = Policy(
        allow_origins=[re.compile(expression)], allow_credentials=True, **{opt_out: True}
    )
    assert [problem.reason for problem in policy.conflicts()] == reasons


def test_the_guard_stands_before_the_middleware():
    with pytest.raises(ConfigError, match=r"also allows 'https://xexample\.com'"):
        CORSMiddleware(
            demo_app, allow_origins=[re.compile(r"https://.*example\.com")], allow_credentials=True
        )
