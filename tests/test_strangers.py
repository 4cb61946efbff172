"""Whom a regular expression admits that nobody meant, with credentials."""

from __future__ import annotations

import contextlib
import re
import sys
import time
from wsgiref.simple_server import demo_app

import pytest

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.origins import is_origin
from wsgicors.strangers import strangers_admitted_by
from wsgicors.suffixes import registrable_domain

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
        r"https://(app|www)\.example\.(com|org)",
        r"https://example\.(?:com|co)",
        r"https://(?:example\.com|example\.co)",
        r"https://example\.com|https://example\.co",
        r"https://(?:www\.|)example\.(?:com|co)",
        r"https://(?:my-example|myexample)\.com",
        r"https://(example|examples)\.com",
        r"https://example\.com(\.au)?",
        r"https://app-?[0-9]+\.example\.com",
        r"https://apps?\.example\.com",
        r"https://w{3}\.go{2}gle\.com",
        r"https://(?:www\.)*example\.com",
        r"https://(?:a\.|b\.){0,3}example\.com",
        r"https?://[a-z]+\.example\.com(:8?443)?",
        r"https://intranet(\.corp\.example\.com)?(:\d+)?",
        r"https://(wiki|intranet|wiki\.example\.com|intranet\.example\.com)",
        r"https?://(localhost|127\.0\.0\.1|\[::1\]|testserver)(:\d+)?",
        r"https://(localhost|app\.example\.com)",
        r"https://192\.168\.1\.1?",
        r"https://[app|www]\.example\.com",
        r"https://(www\.example|myexample)\.com",
        r"https://(www\.)?example\.com|https://myexample\.com",
        r"(?x) https:// (?: | www \. ) example \. (?: com | co )  # ours: [ or (| alike",
        r"(?#|)https://[|)a-z]+\.example\.com",
        r"https://[a-z]+\.example\.com(|:\d+)",
    ],
)
def test_what_people_rightly_write_is_taken(expression):
    policy = Policy(
        allow_origins=[re.compile(expression)],
        allow_credentials=True,
    )
    assert [problem for problem in policy.conflicts() if problem.reason != "insecure-origin"] == []


@pytest.mark.parametrize(
    ("expression", "strange", "beside"),
    [
        (r"https://app\.example\.com?", "https://app.example.co", "https://app.example.com"),
        (r"https://(www\.)?example\.com?(:\d+)?", "https://example.co", "https://example.com"),
        (r"https://[a-z]+\.exampl?e\.com", "https://x.exampe.com", "https://x.example.com"),
        (r"https://example[s]?\.com", "https://example.com", "https://examples.com"),
        (r"https://example\.c[o]??m", "https://example.cm", "https://example.com"),
        (r"https://example\.(com?)", "https://example.co", "https://example.com"),
        (r"https://example\.co(m)?", "https://example.co", "https://example.com"),
        (r"https://example\.co(m|)", "https://example.co", "https://example.com"),
        (r"https://example\.co(?:|m)", "https://example.co", "https://example.com"),
        (r"https://exampl(?:e||a)\.com", "https://exampl.com", "https://example.com"),
        (r"(?x) https:// example \. co (m | ) # ours", "https://example.co", "https://example.com"),
        (r"(?i)https://Example\.com?", "https://example.co", "https://example.com"),
        ("(?x)https://example\\.co (?: m | # or\n )", "https://example.co", "https://example.com"),
        (r"https://example(s|-dev)?\.com", "https://example.com", "https://examples.com"),
        (r"https://exa[mn]?ple\.com", "https://exaple.com", "https://exanple.com"),
        (
            r"https://[a-z]+\.my-?example\.com",
            "https://x.myexample.com",
            "https://x.my-example.com",
        ),
        (r"https://shops?\.github\.io", "https://shop.github.io", "https://shops.github.io"),
        (r"https://example\.co(m:\d+)?", "https://example.co", "https://example.com:1"),
        (r"https://(localhosts?|app\.localhost)", "https://localhosts", "https://localhost"),
    ],
)
def test_a_character_that_may_be_left_out_makes_another_domain(expression, strange, beside):
    (stranger, *_) = strangers_admitted_by(re.compile(expression))
    assert stranger == ("admits-strangers", strange, beside)


def test_an_alternation_of_both_names_is_what_to_write_and_is_taken():
    expression = r"https://(?:www\.)?my-?example\.com"
    (problem,) = Policy(allow_origins=[re.compile(expression)], allow_credentials=True).conflicts()
    (written,) = re.findall(r"write each name that is yours: (.*)$", problem.message)
    assert written == r"(?:my-example\.com|myexample\.com)"
    spelled_out = re.compile(rf"https://(?:www\.)?{written}")
    assert Policy(allow_origins=[spelled_out], allow_credentials=True).conflicts() == ()


@pytest.mark.parametrize(
    ("expression", "strange"),
    [
        (r"https://example\.com+", "https://example.comm"),
        (r"https://example\.com*", "https://example.comm"),
        (r"https://e{1,2}xample\.com", "https://eexample.com"),
        (r"https://(shop)+\.com", "https://shopshop.com"),
        (r"https://(?:shop){0,2}\.com", "https://shopshop.com"),
        (r"https://example(\.com)*", "https://example.com.com"),
        (r"https://myapp-*\.vercel\.app", "https://myapp--.vercel.app"),
    ],
)
def test_what_repeats_in_a_name_makes_another_domain(expression, strange):
    (stranger, *_) = strangers_admitted_by(re.compile(expression))
    assert stranger == ("admits-strangers", strange, None)


@pytest.mark.parametrize(
    ("expression", "strange"),
    [
        (r"https://(www\.|app)example\.com", "https://appexample.com"),
        (r"https://(?:www|app\.)example\.com", "https://wwwexample.com"),
        (r"https://([a-z]+\.|dev-)example\.com", "https://dev-example.com"),
        (r"https://example\.(co\.|ac)uk", "https://example.acuk"),
    ],
)
def test_a_dot_that_one_of_the_alternatives_lacks_makes_another_domain(expression, strange):
    assert strangers_admitted_by(re.compile(expression)) == [("admits-strangers", strange, None)]


@pytest.mark.parametrize(
    "expression",
    [r"https://[app|www]\.com", r"https://[(app)(www)]\.com", r"https://example\.[com|org]{3}"],
)
def test_an_alternation_in_brackets_is_anything(expression):
    (stranger,) = strangers_admitted_by(re.compile(expression))
    assert re.fullmatch(expression, stranger.origin)


@pytest.mark.parametrize(
    ("expression", "strange"),
    [
        (r"https://a\.example\.com|https://b", "https://b"),
        (r"https://app|www\.example\.com", "https://app"),
        (r"https://(example\.)?com", "https://com"),
        (r"https://([a-z]+\.example\.)?com", "https://com"),
        (r"^https://app$|^https://www\.example\.com$", "https://app"),
    ],
)
def test_a_name_that_is_cut_off_beside_a_domain_is_refused(expression, strange):
    (problem,) = Policy(allow_origins="*", allow_credentials=[re.compile(expression)]).conflicts()
    assert (problem.field, problem.reason) == ("allow_credentials", "without-dot")
    assert f"also allows '{strange}'" in problem.message
    assert "list it by itself" in problem.message


def slips_of(expression):
    """An expression with something too much in one place, or with one character too few."""
    for place in range(len("https://"), len(expression) + 1):
        before, after = expression[:place], expression[place:]
        yield from (
            before + slip + after for slip in ("?", "*", "+", ".", "|", "{1,2}", ".?", "|)")
        )
        yield before + after[1:]


def like(origin):
    """Origins that differ from one in a character."""
    for place in range(len("https://"), len(origin) + 1):
        before, after = origin[:place], origin[place:]
        yield from (before + after[1:], before + "x" + after, before + "x" + after[1:])
        yield before + after[:1] + after


@pytest.mark.parametrize(
    "expression",
    [
        r"https://example\.com",
        r"https://(www\.)?example\.com(:\d+)?",
        r"https://(?:app|www)\.example\.com",
        r"https://[a-z]+\.example\.com",
    ],
)
def test_no_slip_of_the_pen_admits_another_domain_without_a_word(expression):
    admitted = ("https://example.com", "https://www.example.com")
    strangers = {
        other
        for origin in admitted
        for other in like(origin)
        if is_origin(other) and registrable_domain(other[len("https://") :]) != "example.com"
    }
    for slip in slips_of(expression):
        with contextlib.suppress(re.error, ConfigError):
            written = re.compile(slip)
            # A slip after which nothing works is seen at once.
            if any(map(written.fullmatch, admitted)):
                CORSMiddleware(demo_app, allow_origins=[written], allow_credentials=True)
                assert list(filter(written.fullmatch, strangers)) == [], slip


def test_very_many_characters_that_may_be_left_out_take_bounded_time():
    letters = "".join(f"{letter}?" for letter in "abcdefghijklm")
    domains = "|".join(rf"custo?mer{number}\.com" for number in range(300))
    begun = time.process_time()
    for expression in (rf"https://{letters}\.com", rf"https://(?:{domains})"):
        assert strangers_admitted_by(re.compile(expression))
    assert time.process_time() - begun < 5


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
