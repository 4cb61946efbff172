"""Who may read what, as a file: what is in it, and what is told of changes."""

from __future__ import annotations

import functools
import itertools
import json
import re
from wsgiref.simple_server import demo_app

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsgicors import CORSMiddleware, OriginCache, Policy
from wsgicors.comparison import NARROWER, UNCLEAR, WIDER, changes, in_words
from wsgicors.headers import HeaderBuilder
from wsgicors.policies import rules_of
from wsgicors.review import ReviewError, as_text, described, from_text, name_of, review

ROW = pytest.param
ASK = f"callable {__name__}.ask"
CACHE = "callable wsgicors.cache.OriginCache"
A, B, C = "https://a.example", "https://b.example", "https://*.c.example"


def ask(origin, environ):
    return True


def ask_another(origin, environ):
    return True


class Asker:
    def __call__(self, origin, environ):
        return True


def policy(**fields):
    return described(Policy(**{"allow_origins": [A], **fields}))


def told(old, new):
    return list(in_words(changes(old, new)))


# --- what is in effect -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ROW({"allow_origins": [A, B]}, {"allow_origins": [B, A, A]}, id="order of origins"),
        ROW({"allow_methods": "PUT, GET"}, {"allow_methods": ["GET", "PUT"]}, id="of methods"),
        ROW({"allow_headers": ["X-Key"]}, {"allow_headers": ["x-key"]}, id="case of headers"),
        ROW({"allow_credentials": False}, {}, id="credentials off"),
        ROW({"allow_credentials": []}, {}, id="credentials for nobody"),
        ROW({"refuse_denied": False}, {}, id="refusal off"),
        ROW({"expose_headers": []}, {}, id="nothing exposed"),
        ROW({"dangerously_allow_insecure_origins": True}, {}, id="opt-out without credentials"),
        ROW(
            {"allow_origins": [], "max_age": 5, "allow_headers": "*"},
            {"allow_origins": []},
            id="whatever is said to nobody",
        ),
        ROW(
            {"allow_origins": "*", "refuse_denied": True},
            {"allow_origins": "*"},
            id="refusal where nobody is denied",
        ),
    ],
)
def test_what_makes_no_difference_is_not_there(one, other):
    assert policy(**one) == policy(**other)


def test_origins_that_are_not_allowed_use_no_credentials_either():
    base = Policy(allow_origins=[A, B], allow_credentials=[B])
    assert described(base)["allow_credentials"] == [B]
    assert described(base.merge(Policy(allow_origins=[A]))) == {"allow_origins": [A]}


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ROW(re.compile(r"https://\d\.example", re.IGNORECASE | re.ASCII), "ia", id="flags"),
        ROW(re.compile(r"https://\d\.example"), None, id="no flags"),
    ],
)
def test_expressions_are_their_pattern_and_flags(value, plain):
    (said,) = policy(allow_origins=[value])["allow_origins"]
    assert said == {"expression": value.pattern, **({"flags": plain} if plain else {})}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ROW(ask, f"{__name__}.ask", id="function"),
        ROW(lambda origin, environ: True, f"{__name__}.<lambda>", id="lambda"),
        ROW(functools.partial(ask), f"functools.partial({__name__}.ask)", id="partial"),
        ROW(
            OriginCache(lambda origin: True, seconds=1, size=1),
            f"wsgicors.cache.OriginCache({__name__}.<lambda>)",
            id="cache",
        ),
        ROW(
            OriginCache(ask, seconds=1, key=functools.partial(str)),
            f"wsgicors.cache.OriginCache({__name__}.ask, key=functools.partial(builtins.str))",
            id="cache with a key",
        ),
        ROW(Asker(), f"{__name__}.Asker", id="instance"),
        ROW({A}.__contains__, "set.__contains__", id="method of a built-in type"),
    ],
)
def test_callables_have_a_name_that_is_the_same_in_every_process(value, name):
    assert name_of(value) == name


# --- the file --------------------------------------------------------------------------------------


def test_file_says_each_policy_once_and_is_sorted():
    rules = {"PUT /b": policy(), "GET /a": policy(), "GET /c": None, "GET /b": policy(max_age=5)}
    text = as_text(rules)
    assert text == as_text(dict(reversed(rules.items())))
    assert [each["rules"] for each in json.loads(text)["policies"]] == [
        ["GET /a", "PUT /b"],
        ["GET /b"],
        ["GET /c"],
    ]
    assert from_text(text) == rules


def test_file_is_ascii_that_ends_in_a_line():
    text = as_text({"GET /größe": policy()})
    assert text.isascii()
    assert text.endswith("}\n")
    assert from_text(text) == {"GET /größe": policy()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ROW("", "not JSON", id="empty"),
        ROW("{", "not JSON", id="cut off"),
        ROW("[" * 100_000, "", id="nested deeply"),
        ROW("[]", "not written by --save", id="a list"),
        ROW("{}", "not written by --save", id="something else"),
        ROW('{"wsgicors": true}', "not written by --save", id="no number"),
        ROW('{"wsgicors": 2, "policies": []}', "newer release", id="newer"),
        ROW('{"wsgicors": 1}', "policies are not a list", id="nothing in it"),
        ROW('{"wsgicors": 1, "policies": [3]}', "is not a policy", id="no policy"),
        ROW('{"wsgicors": 1, "policies": [{"rules": ["/"]}]}', "is not a policy", id="no fields"),
        ROW(
            '{"wsgicors": 1, "policies": [{"allow_origins": "*"}]}',
            "rules are not a list",
            id="rules",
        ),
        *(
            ROW(
                json.dumps({"wsgicors": 1, "policies": [{"rules": ["/"], **fields}]}),
                "cannot be",
                id=json.dumps(fields),
            )
            for fields in (
                {"orgins": "*"},
                {"allow_origins": 1},
                {"allow_origins": [1]},
                {"allow_origins": [{"expression": "("}]},
                {"allow_origins": [{"expression": "a", "flags": "q"}]},
                {"allow_origins": {"callable": 3}},
                {"max_age": "5"},
                {"refuse_denied": "yes"},
                {"governed": True},
            )
        ),
        ROW(
            '{"wsgicors": 1, "policies": [{"rules": ["/", "/"], "allow_origins": "*"}]}',
            "is there twice",
            id="rule twice",
        ),
    ],
)
def test_what_is_no_saved_review_is_told_in_plain_words(text, said, tmp_path):
    file = tmp_path / "review.json"
    file.write_text(text)
    with pytest.raises(ReviewError) as caught:
        review({}, None, str(file))
    assert said in str(caught.value)
    assert "is not a saved review" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_file_that_cannot_be_read_or_written_is_told_in_plain_words(tmp_path):
    with pytest.raises(ReviewError, match=r"cannot be read: .*; write it with --save"):
        review({}, None, str(tmp_path / "missing.json"))
    with pytest.raises(ReviewError, match="cannot be written"):
        review({}, str(tmp_path / "missing" / "review.json"), None)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ReviewError, match="is not text"):
        review({}, None, str(tmp_path / "bytes.json"))


# --- what has changed ------------------------------------------------------------------------------


KEPT_OUT = "  GET /: allow_credentials: origins that are not https are not denied any more where"


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ROW({}, {}, [], id="nothing"),
        ROW(
            {"allow_origins": [A]},
            {"allow_origins": [A, B]},
            ["Wider than before:", f"  GET /: allow_origins: {B} is allowed now"],
            id="one origin more",
        ),
        ROW(
            {"allow_origins": [A]},
            {"allow_origins": [B]},
            [
                "Wider than before:",
                f"  GET /: allow_origins: {B} is allowed now",
                "Narrower than before:",
                f"  GET /: allow_origins: {A} is not allowed any more",
            ],
            id="another origin",
        ),
        ROW(
            {},
            {"allow_origins": "*"},
            ["Wider than before:", "  GET /: allow_origins: any origin is allowed now"],
            id="everybody",
        ),
        ROW(
            {"allow_origins": "*"},
            {},
            [
                "Narrower than before:",
                f"  GET /: allow_origins: only {A} is allowed now; before, there was no limit",
            ],
            id="not everybody",
        ),
        ROW(
            {"allow_origins": ["https://x.c.example"]},
            {"allow_origins": [C]},
            ["Wider than before:", f"  GET /: allow_origins: {C} is allowed now"],
            id="a pattern that covers what was there",
        ),
        ROW(
            {"allow_origins": [C, "https://x.c.example"]},
            {"allow_origins": [C]},
            [],
            id="an origin that a pattern covers anyway",
        ),
        ROW(
            {"allow_origins": [re.compile(r"https://\w\.example")]},
            {"allow_origins": [re.compile(r"https://\w\.example"), A]},
            [],
            id="an origin that an expression covers anyway",
        ),
        ROW(
            {"allow_origins": ask},
            {"allow_origins": ask_another},
            [
                "Perhaps wider, look at it:",
                f"  GET /: allow_origins: {ASK}_another decides now; it was {ASK}",
            ],
            id="another callable",
        ),
        ROW(
            {"allow_origins": OriginCache(str.isascii, seconds=1)},
            {"allow_origins": OriginCache(str.isprintable, seconds=1)},
            [
                "Perhaps wider, look at it:",
                f"  GET /: allow_origins: {CACHE}(str.isprintable) decides now; it was {CACHE}(str.isascii)",
            ],
            id="a cache that asks another one",
        ),
        *[
            ROW(
                {"allow_origins": []},
                {"allow_origins": "*", "allow_methods": methods, "max_age": 5},
                [
                    "Wider than before:",
                    "  GET /: allow_origins: any origin is allowed now",
                    *also,
                    "Neither wider nor narrower:",
                    "  GET /: max_age: 5 seconds; it was unset (5 seconds)",
                ],
                id=f"everybody instead of nobody, with {methods}",
            )
            for methods, also in [
                (["GET", "HEAD", "POST"], []),
                (["GET"], []),
                (["PUT"], ["  GET /: allow_methods: PUT is allowed now"]),
                ("*", ["  GET /: allow_methods: any method is allowed now"]),
            ]
        ],
        ROW(
            {"allow_origins": "*", "allow_methods": ["GET", "HEAD", "POST"]},
            {"allow_origins": []},
            [
                "Narrower than before:",
                "  GET /: allow_origins: only none is allowed now; before, there was no limit",
            ],
            id="nobody instead of everybody",
        ),
        ROW(
            {},
            {"allow_credentials": True},
            [
                "Wider than before:",
                "  GET /: allow_credentials: any allowed origin may use credentials now",
            ],
            id="credentials",
        ),
        ROW(
            {"allow_credentials": True},
            {"allow_credentials": [A]},
            [
                "Narrower than before:",
                f"  GET /: allow_credentials: only {A} may use credentials now; before, there was no limit",
            ],
            id="credentials for some",
        ),
        ROW(
            {"allow_credentials": True, "allow_origins": [re.compile(r"https?://a\.example")]},
            {"allow_origins": [re.compile(r"https?://a\.example")]},
            [
                "Perhaps wider, look at it:",
                f"{KEPT_OUT} expression https?://a\\.example admits them",
                "Narrower than before:",
                "  GET /: allow_credentials: only none may use credentials now; before, there was no limit",
            ],
            id="no credentials, and no guard against plain http",
        ),
        ROW(
            {"allow_credentials": True, "allow_origins": ask},
            {"allow_credentials": [A], "allow_origins": ask},
            [
                "Perhaps wider, look at it:",
                f"{KEPT_OUT} {ASK} admits them",
                "Narrower than before:",
                f"  GET /: allow_credentials: only {A} may use credentials now; before, there was no limit",
            ],
            id="credentials for some, and no guard against what a callable admits",
        ),
        ROW(
            {"allow_credentials": True, "allow_origins": [re.compile(r"https://[ab]\.example")]},
            {"allow_origins": [re.compile(r"https://[ab]\.example")]},
            [
                "Narrower than before:",
                "  GET /: allow_credentials: only none may use credentials now; before, there was no limit",
            ],
            id="no credentials, where all were https",
        ),
        ROW(
            {"allow_headers": "*"},
            {"allow_headers": ["*", "Authorization"]},
            ["Wider than before:", "  GET /: allow_headers: authorization is allowed now"],
            id="Authorization beside the asterisk",
        ),
        ROW(
            {"allow_headers": ["X-Key"]},
            {"allow_headers": "*"},
            ["Wider than before:", "  GET /: allow_headers: any is allowed now"],
            id="any header",
        ),
        ROW(
            {"expose_headers": ["ETag"]},
            {"expose_headers": ["Link"]},
            [
                "Wider than before:",
                "  GET /: expose_headers: link can be read now",
                "Narrower than before:",
                "  GET /: expose_headers: etag cannot be read any more",
            ],
            id="exposed headers",
        ),
        ROW(
            {"allow_methods": ["GET"]},
            {},
            [
                "Wider than before:",
                "  GET /: allow_methods: what the URL routes; it was only GET",
            ],
            id="methods unset",
        ),
        ROW(
            {"refuse_denied": True},
            {},
            ["Wider than before:", "  GET /: refuse_denied: is not set any more"],
            id="no refusal",
        ),
        ROW(
            {},
            {"refuse_denied": True},
            ["Narrower than before:", "  GET /: refuse_denied: is set now"],
            id="refusal",
        ),
        ROW(
            {"max_age": 5},
            {"max_age": 600},
            [
                "Neither wider nor narrower:",
                "  GET /: max_age: 600 seconds; it was 5 seconds",
            ],
            id="max_age",
        ),
    ],
)
def test_changes_are_told_in_words_the_worst_first(old, new, lines):
    assert told({"GET /": policy(**old)}, {"GET /": policy(**new)}) == lines


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ROW({}, {"GET /": policy()}, f"  GET /: is new: shared with {A}", id="new"),
        ROW(
            {},
            {"GET /": policy(allow_credentials=True)},
            f"  GET /: is new: shared with {A}, with credentials",
            id="new, with credentials",
        ),
        ROW({}, {"GET /": None}, "  GET /: is new, and not governed", id="new, not governed"),
        ROW({"GET /": policy()}, {}, "  GET /: is not there any more", id="gone"),
        ROW(
            {"GET /": policy()},
            {"GET /": None},
            "  GET /: is not governed any more: the application's own headers are sent",
            id="not governed any more",
        ),
        ROW(
            {"GET /": None},
            {"GET /": policy(allow_origins="*")},
            "  GET /: was not governed, and is now: shared with everybody",
            id="governed",
        ),
    ],
)
def test_rules_that_come_and_go_are_told(old, new, line):
    assert told(old, new)[1:] == [line]


def test_what_changed_alike_is_told_once():
    old = {f"GET /{number}": policy() for number in range(3)}
    new = {f"GET /{number}": policy(allow_origins=[A, B]) for number in range(3)}
    assert told(old, new)[1:] == [f"  GET /0, GET /1, GET /2: allow_origins: {B} is allowed now"]


def test_prefix_that_says_what_held_there_anyway_is_no_change():
    rules = {"/": policy(), "/api": policy(max_age=5), "/api/v1": policy(max_age=5)}
    assert told(rules, {"/": policy(), "/api": policy(max_age=5)}) == []
    assert told({"/": policy()}, {"/": policy(), "/x": policy(allow_origins=[A, B])}) == [
        "Wider than before:",
        f"  /x: allow_origins: {B} is allowed now",
    ]


def test_text_of_a_file_can_do_nothing_to_a_terminal():
    (_, line) = told({}, {"GET /\x1b[31m": policy()})
    assert line.isprintable()


def test_file_may_be_compared_and_saved_at_once(tmp_path):
    file = str(tmp_path / "review.json")
    assert review({"/": policy()}, file, None)[1] == 0
    assert review({"/": policy(max_age=5)}, file, file)[1] == 1
    lines, status = review({"/": policy(max_age=5)}, None, file)
    assert (len(lines), status) == (1, 0)
    assert "Nothing has changed" in lines[0]


# --- no change that opens anything is passed over in silence ------------------------------------------

ASKING = [A, B, "https://x.c.example", "https://y.c.example", "https://d.example", "null"]
LISTED = [*ASKING, C, re.compile(r"https://\w\.example")]
METHODS, HEADERS = ["PUT", "DELETE"], ["X-Key", "Authorization"]


def lists_from(items):
    return st.just("*") | st.lists(st.sampled_from(items), max_size=3)


whole_policies = (
    st.fixed_dictionaries(
        {"allow_origins": lists_from(LISTED)},
        optional={
            "allow_methods": lists_from(METHODS),
            "allow_headers": lists_from(HEADERS) | st.just(["*", "Authorization"]),
            "expose_headers": lists_from(["ETag", "Link"]),
            "allow_credentials": st.booleans() | st.lists(st.sampled_from(LISTED), max_size=2),
            "refuse_denied": st.booleans(),
            "dangerously_allow_insecure_origins": st.booleans(),
        },
    )
    .map(lambda fields: Policy().merge(_policy_in_parts(fields)))
    .filter(lambda policy: not policy.conflicts())
    .filter(lambda policy: not (policy.refuse_denied and policy.allow_origins == "*"))
)


def _policy_in_parts(fields):
    """A policy as it comes out of several places, where no list must fit another one."""
    whole = Policy()
    for name, value in fields.items():
        whole = whole.merge(Policy(**{name: value}))
    return whole


def granted(policy):
    """All that pages of some origins can do and read under a policy."""
    known = HeaderBuilder(policy)
    for origin, method, header in itertools.product(ASKING, METHODS, HEADERS):
        answers = {
            "preflight": known.preflight(origin, method, header.lower()),
            "method": known.preflight(origin, method),
            "actual": known.actual(origin),
        }
        for kind, decision in answers.items():
            if decision.allowed:
                lines = dict(decision.headers)
                extent = "Access-Control-Allow-Credentials" in lines
                exposed = lines.get("Access-Control-Expose-Headers", "").lower().split(", ")
                case = (
                    kind,
                    origin,
                    *{"preflight": (method, header), "method": (method,)}.get(kind, ()),
                )
                yield case
                yield from ((*case, "credentials") for _ in range(extent))
                yield from (
                    (*case, name) for name in ("etag", "link") if {name, "*"} & set(exposed)
                )
            if kind == "actual" and not (known.refused and not decision.allowed):
                yield "done", origin


@given(whole_policies, whole_policies)
def test_whatever_is_granted_anew_is_told_as_wider(old, new):
    rules = [rules_of(CORSMiddleware(demo_app, policy)) for policy in (old, new)]
    opened = set(granted(new)) - set(granted(old))
    ranks = {change.rank for _, change in changes(*rules)}
    assert not opened or ranks & {WIDER, UNCLEAR}


@given(whole_policies, whole_policies)
def test_whatever_is_granted_no_more_is_told_as_narrower(old, new):
    rules = [rules_of(CORSMiddleware(demo_app, policy)) for policy in (old, new)]
    closed = set(granted(old)) - set(granted(new))
    ranks = {change.rank for _, change in changes(*rules)}
    assert not closed or ranks & {NARROWER, UNCLEAR}


@given(whole_policies)
def test_what_is_read_back_is_what_was_saved(policy):
    rules = rules_of(CORSMiddleware(demo_app, policy))
    assert from_text(as_text(rules)) == rules
    assert list(changes(rules, from_text(as_text(rules)))) == []
