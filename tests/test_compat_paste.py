"""An ini file that was written for wsgicors 0.7 works as it stands, or the error says what to write."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from exchanges import EVERYBODY, callers, refusal
from werkzeug.test import Client

from wsgicors import ConfigError, CORSMiddleware, Policy
from wsgicors.compat.paste import make_middleware

ROW = pytest.param
FREE = "https://anybody.example"
SUBDOMAIN = "https://shop.example.com"
BOTH = {FREE, SUBDOMAIN}

#: What the introduction of wsgicors 0.7 shows, in other words.
INI = """
    [app:hello]
    use = call:test_compat_paste:hello_factory

    [pipeline:main]
    pipeline = cors hello

    [filter:cors]
    use = egg:wsgicors#middleware
    policy = subdom, free

    free_origin=copy
    free_headers=*
    free_expose_headers=*
    free_methods=HEAD, OPTIONS, GET
    free_maxage=180

    subdom_origin=http://example.com https://*.example.com
    subdom_headers=*
    subdom_methods=HEAD, OPTIONS, GET, POST, PUT, DELETE
    subdom_expose_headers=Foo, Doom
    subdom_credentials=false
    subdom_maxage=60
"""


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def hello_factory(loader=None, global_conf=None, **local_conf):
    return hello


def section(text=INI):
    """The keys of the filter's section, as Paste would hand them over."""
    lines = textwrap.dedent(text).partition("[filter:cors]")[2].splitlines()
    pairs = (re.split(r"\s*=\s*", line, maxsplit=1) for line in lines if "=" in line)
    return {key: value for key, value in pairs if key != "use"}


def headers_for(app, origin, method="GET"):
    headers = {"Origin": origin} if origin else {}
    return cors_lines(Client(app).open("/", method=method, headers=headers))


def preflight(app, origin, method="GET", headers="x-token"):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": headers,
    }
    return Client(app).open("/", method="OPTIONS", headers=asked)


def cors_lines(response):
    return {
        name.replace("Access-Control-", ""): value
        for name, value in response.headers
        if name.startswith("Access-Control-") or name == "Vary"
    }


# --- loaded by Paste -------------------------------------------------------------------------------


@pytest.fixture
def from_ini(tmp_path):
    deploy = pytest.importorskip("paste.deploy", reason="PasteDeploy is not installed")

    def load(text):
        path = tmp_path / "app.ini"
        path.write_text(textwrap.dedent(text), "utf-8")
        return deploy.loadapp(f"config:{path}")

    return load


def test_paste_loads_the_filter(from_ini):
    app = from_ini(INI)
    assert isinstance(app, CORSMiddleware)
    assert headers_for(app, SUBDOMAIN)["Allow-Origin"] == SUBDOMAIN
    assert headers_for(app, SUBDOMAIN)["Expose-Headers"] == "Foo, Doom"
    assert headers_for(app, FREE)["Expose-Headers"] == "*"
    assert preflight(app, SUBDOMAIN, "PUT").headers["Access-Control-Max-Age"] == "60"


def test_paste_shows_what_is_wrong(from_ini):
    with pytest.raises(ConfigError, match=r"subdom_origin: .*https://\*"):
        from_ini(INI.replace("https://*.example.com", "https://*example.com"))


def test_defaults_of_the_file_count_for_the_section(from_ini):
    app = from_ini(
        "[DEFAULT]\nfree_maxage = 7\n" + textwrap.dedent(INI).replace("free_maxage=180", "")
    )
    assert preflight(app, FREE).headers["Access-Control-Max-Age"] == "7"


# --- policies and what selects them ---------------------------------------------------------------


def test_first_policy_that_takes_the_origin_is_used():
    app = make_middleware(hello, {}, **section())
    assert preflight(app, SUBDOMAIN, "PUT").headers["Access-Control-Allow-Methods"] == "PUT"
    assert refusal(app, FREE, "/", "PUT").reason == "method-not-allowed"


def test_order_of_the_policies_counts():
    app = make_middleware(hello, {}, **{**section(), "policy": "free,subdom"})
    assert headers_for(app, SUBDOMAIN)["Expose-Headers"] == "*"


@pytest.mark.parametrize("origin", [SUBDOMAIN, FREE, None])
def test_every_response_varies_where_the_origin_selects_the_policy(origin):
    app = make_middleware(hello, {}, **section())
    assert headers_for(app, origin)["Vary"] == "Origin"


def test_verbmatch_skips_policies_without_the_method():
    app = make_middleware(
        hello,
        {},
        policy="read,write",
        matchstrategy="verbmatch",
        read_origin="*",
        read_methods="HEAD, OPTIONS, GET",
        write_origin="https://*.example.com",
        write_methods="PUT",
        write_maxage="5",
    )
    assert preflight(app, SUBDOMAIN, "PUT").headers["Access-Control-Max-Age"] == "5"
    assert callers(app, method="PUT", pages=BOTH) == {SUBDOMAIN}
    assert callers(app, pages=BOTH) == BOTH
    assert callers(app, method="DELETE", pages=BOTH) == set()


def test_verbmatch_counts_for_a_single_policy_too():
    app = make_middleware(
        hello, {}, policy="pol", matchstrategy="verbmatch", pol_origin="*", pol_methods="GET"
    )
    assert preflight(app, FREE, "GET").status_code == 204
    assert callers(app, pages=BOTH) == BOTH
    assert callers(app, method="PUT", pages=BOTH) == set()


@pytest.mark.parametrize(
    "conf",
    [
        ROW({}, id="nothing"),
        ROW({"policy": "deny"}, id="deny"),
        ROW({"policy": "deny,free", "free_origin": "*"}, id="deny-first"),
    ],
)
def test_deny_shares_with_nobody(conf):
    app = make_middleware(hello, {}, **conf)
    assert callers(app, method="PUT") == set()
    assert preflight(app, FREE).status_code == 403


def test_deny_last_catches_the_others():
    app = make_middleware(hello, {}, **{**section(), "policy": "subdom,deny"})
    assert callers(app, method="PUT", pages=BOTH) == {SUBDOMAIN}


def test_policy_that_is_not_named_does_not_count():
    app = make_middleware(hello, {}, **{**section(), "policy": "subdom"})
    assert callers(app, method="PUT", pages=BOTH) == {SUBDOMAIN}


# --- each key ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conf", "line", "value"),
    [
        ROW({"origin": "copy"}, "Allow-Origin", "*", id="copy"),
        ROW({"origin": "*"}, "Allow-Origin", "*", id="star"),
        ROW({"origin": f"{FREE} {SUBDOMAIN}"}, "Allow-Origin", FREE, id="two-origins"),
        ROW({"origin": "https://*.example"}, "Allow-Origin", FREE, id="subdomains"),
        ROW({"methods": "*"}, "Allow-Methods", "*", id="any-method"),
        ROW({"methods": "GET, *"}, "Allow-Methods", "*", id="any-method-among-others"),
        ROW({"methods": "PUT, GET"}, "Allow-Methods", "PUT, GET", id="methods"),
        ROW({"headers": "*"}, "Allow-Headers", "*, Authorization", id="any-header"),
        ROW({"headers": "X-A, X-B"}, "Allow-Headers", "X-A, X-B", id="headers"),
        ROW({"maxage": "180"}, "Max-Age", "180", id="maxage"),
        ROW({"maxage": ""}, "Max-Age", None, id="empty-maxage"),
        ROW({"origin": FREE, "credentials": "true"}, "Allow-Credentials", "true", id="true"),
        ROW({"origin": FREE, "credentials": "True"}, "Allow-Credentials", "true", id="True"),
        ROW({"credentials": "no"}, "Allow-Credentials", None, id="no"),
    ],
)
def test_key(conf, line, value):
    keys = {f"pol_{key}": text for key, text in {"origin": "*", **conf}.items()}
    app = make_middleware(hello, {}, policy="pol", **keys)
    assert cors_lines(preflight(app, FREE)).get(line) == value


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ROW({"origin": "copy", "credentials": "true"}, "pol_origin: .*pol_credentials", id="copy"),
        ROW({"origin": "*", "credentials": "true"}, "pol_origin: .*pol_credentials", id="star"),
        ROW(
            {"origin": "http://a.example", "credentials": "true"},
            "pol_origin: .*pol_dangerously_allow_insecure_origins",
            id="insecure",
        ),
        ROW({"maxage": "5"}, "pol_origin: nothing is shared by default", id="no-origin"),
        ROW({}, "pol_origin: nothing is shared by default", id="no-keys"),
        ROW({"origin": "*.example.com"}, "write 'https://\\*.example.com'", id="no-scheme"),
        ROW({"origin": "https://example?.com"}, "one by one", id="question-mark"),
        ROW({"origin": "https://[ab]xample.com"}, "one by one", id="brackets"),
        ROW({"origin": FREE, "credentials": "yes"}, "pol_credentials: 'yes'", id="yes"),
        ROW({"origin": "*", "allow_origins": "*"}, "say the same; leave one", id="old-and-new"),
        ROW(
            {"origin": "https://*"},
            r"pol_origin: .*has a \* where it has no meaning",
            id="any-host",
        ),
        ROW({"origin": "*", "maxage": "soon"}, "pol_maxage: 'soon'", id="maxage"),
        ROW({"origin": "*", "metods": "PUT"}, "pol_metods: .*write pol_methods", id="typo"),
    ],
)
@pytest.mark.parametrize("others", ["", ",deny"])
def test_error_names_the_key(conf, words, others):
    keys = {f"pol_{key}": text for key, text in conf.items()}
    with pytest.raises(ConfigError, match=words):
        make_middleware(hello, {}, policy=f"pol{others}", **keys)


def test_problems_of_all_policies_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        make_middleware(hello, {}, policy="a,b", a_origin="x", b_maxage="soon")
    assert [problem.field for problem in caught.value.problems] == ["a_origin", "b_maxage"]


def test_unknown_strategy_is_refused():
    with pytest.raises(ConfigError, match="write firstmatch or verbmatch"):
        make_middleware(hello, {}, matchstrategy="bestmatch")


def test_address_in_brackets_is_no_wildcard():
    app = make_middleware(hello, {}, policy="pol", pol_origin="http://[::1]:8080")
    pages = {"http://[::1]:8080"}
    assert callers(app, pages=pages) == pages


def test_policy_whose_name_begins_like_another():
    app = make_middleware(
        hello, {}, policy="sub,sub_two", sub_origin=FREE, sub_two_origin=SUBDOMAIN
    )
    assert callers(app, pages=BOTH) == BOTH


@pytest.mark.parametrize(
    ("origin", "allowed", "denied"),
    [
        ROW("https://app?.example.com", "https://app1.example.com", "https://app.example.com"),
        ROW("https://app-*.example.com", "https://app-x.example.com", "https://app-x.evil.net"),
        ROW("https://a.*.example.com", "https://a.b.example.com", "https://a.b.c.example.com"),
        ROW("https://[ab].example.com", "https://a.example.com", "https://c.example.com"),
        ROW("http://localhost:80?0", "http://localhost:8080", "http://localhost:8081"),
    ],
)
def test_wildcards_beside_a_name_that_is_ones_own_keep_their_meaning(origin, allowed, denied):
    app = make_middleware(hello, {}, policy="pol", pol_origin=origin)
    assert callers(app, pages={allowed, denied}) == {allowed}


# --- the names of `Policy` ---------------------------------------------------------------------------


def test_fields_alone_are_one_policy():
    app = make_middleware(hello, {}, allow_origins=f"{FREE}, {SUBDOMAIN}", max_age="60")
    assert app.policy == Policy(allow_origins=[FREE, SUBDOMAIN], max_age=60)


def test_fields_behind_the_name_of_a_policy():
    keys = {"p_allow_origins": FREE, "p_allow_credentials": "True", "p_max_age": "60"}
    app = make_middleware(hello, {}, policy="p", **keys)
    assert app.policy == Policy(allow_origins=[FREE], allow_credentials=True, max_age=60)


def test_comma_at_the_end_names_no_policy():
    app = make_middleware(hello, {}, policy="free,", free_origin="*")
    assert callers(app) == EVERYBODY


@pytest.mark.parametrize(("names", "prefix"), [("", ""), ("policy = p", "p_")])
def test_credentials_may_be_for_some_of_the_origins(from_ini, names, prefix):
    app = from_ini(f"""
        [app:hello]
        use = call:test_compat_paste:hello_factory

        [pipeline:main]
        pipeline = cors hello

        [filter:cors]
        use = egg:wsgicors#middleware
        {names}
        {prefix}allow_origins = *
        {prefix}allow_credentials = {SUBDOMAIN}, https://*.example.net
        """)
    for page in (SUBDOMAIN, "https://app.example.net"):
        shared = headers_for(app, page)
        assert (shared["Allow-Origin"], shared["Allow-Credentials"]) == (page, "true")
        assert preflight(app, page).headers["Access-Control-Allow-Credentials"] == "true"
    assert headers_for(app, FREE) == {"Allow-Origin": "*", "Vary": "Origin"}


@pytest.mark.parametrize("prefix", ["", "p_"])
def test_credentials_of_an_origin_that_is_not_allowed_are_an_error(prefix):
    keys = {f"{prefix}allow_origins": SUBDOMAIN, f"{prefix}allow_credentials": FREE}
    with pytest.raises(ConfigError, match=f"^{prefix}allow_credentials: .*{FREE}"):
        make_middleware(hello, {}, **keys, **({"policy": "p"} if prefix else {}))


# --- what is denied, and to be refused ----------------------------------------------------------------

PARTNER = "https://partner.example"
#: Who may act, by the policies of a section; nobody else may.
REFUSING = {
    "two": {
        "policy": "front, partner",
        "front_allow_origins": SUBDOMAIN,
        "front_refuse_denied": "true",
        "partner_allow_origins": PARTNER,
        "partner_refuse_denied": "true",
    },
    "one-of-two": {
        "policy": "front, partner",
        "front_origin": SUBDOMAIN,
        "partner_origin": PARTNER,
        "partner_refuse_denied": "true",
    },
    "deny": {
        "policy": "front, partner, deny",
        "front_origin": f"{SUBDOMAIN}, {PARTNER}",
        "front_refuse_denied": "true",
        "partner_origin": PARTNER,
    },
    "by-method": {
        "policy": "read, write",
        "matchstrategy": "verbmatch",
        "read_origin": "*",
        "read_methods": "GET, HEAD",
        "write_origin": f"{SUBDOMAIN}, {PARTNER}",
        "write_methods": "POST",
        "write_refuse_denied": "true",
    },
    "one-by-method": {
        "policy": "front",
        "matchstrategy": "verbmatch",
        "front_origin": f"{SUBDOMAIN}, {PARTNER}",
        "front_methods": "GET, POST",
        "front_refuse_denied": "true",
    },
}
HANDSHAKE = {"Connection": "Upgrade", "Upgrade": "websocket"}


def refusing(name):
    """The middleware, and the methods of the requests that the application has seen."""
    seen = []

    def application(environ, start_response):
        seen.append(environ["REQUEST_METHOD"])
        return hello(environ, start_response)

    return make_middleware(application, {}, **REFUSING[name]), seen


@pytest.mark.parametrize("name", REFUSING)
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ROW("POST", {"Origin": FREE}, id="stranger"),
        ROW("POST", {"Origin": FREE, "Sec-Fetch-Site": "cross-site"}, id="fetch-metadata"),
        ROW("POST", {"Origin": "null"}, id="null"),
        ROW("POST", {"Sec-Fetch-Site": "cross-site"}, id="without-origin"),
        ROW("DELETE", {"Origin": SUBDOMAIN + ".evil.example"}, id="method-of-no-policy"),
    ],
)
def test_what_no_policy_admits_is_refused_where_one_of_them_refuses(name, method, headers):
    app, seen = refusing(name)
    headers = {"Cookie": "session=1", **headers}
    assert Client(app).open("/pay", method=method, headers=headers).status_code == 403
    assert seen == []


@pytest.mark.parametrize("name", sorted(REFUSING.keys() - {"by-method"}))
@pytest.mark.parametrize("headers", [{"Origin": FREE}, {"Sec-Fetch-Site": "cross-site"}])
def test_websocket_of_strangers_is_refused_where_a_policy_refuses(name, headers):
    app, seen = refusing(name)
    assert Client(app).get("/", headers={**HANDSHAKE, **headers}).status_code == 403
    assert seen == []


@pytest.mark.parametrize("name", REFUSING)
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ROW("POST", {"Origin": SUBDOMAIN}, id="of-the-first"),
        ROW("POST", {"Origin": PARTNER}, id="of-the-second"),
        ROW("GET", {"Origin": FREE}, id="stranger-reads-in-vain"),
        ROW("POST", {}, id="no-browser"),
        ROW("DELETE", {"Origin": "http://localhost"}, id="own-page"),
        ROW("DELETE", {"Origin": FREE, "Sec-Fetch-Site": "same-origin"}, id="own-page-by-metadata"),
    ],
)
def test_what_a_policy_admits_or_is_not_foreign_is_not_refused(name, method, headers):
    app, seen = refusing(name)
    assert Client(app).open("/pay", method=method, headers=headers).status_code == 200
    assert seen == [method]


def test_nothing_is_refused_where_no_policy_refuses():
    app = make_middleware(hello, {}, policy="a,b", a_origin=SUBDOMAIN, b_origin=PARTNER)
    assert Client(app).post("/", headers={"Origin": FREE}).status_code == 200


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ROW({"policy": "a, free", "a_refuse_denied": "true"}, "policy free admits", id="beside"),
        ROW({"policy": "free, a", "a_refuse_denied": "true"}, "policy free admits", id="behind"),
        ROW(
            {"policy": "a, free", "free_refuse_denied": "true"}, "where free_origin is", id="itself"
        ),
        ROW(
            {
                "policy": "a, free",
                "matchstrategy": "verbmatch",
                "a_methods": "GET",
                "free_methods": "*",
                "a_refuse_denied": "true",
            },
            "policy free admits",
            id="by-method",
        ),
    ],
)
def test_refusal_beside_a_policy_that_is_free_for_all_is_an_error(conf, words):
    with pytest.raises(ConfigError, match=words) as caught:
        make_middleware(hello, {}, a_origin=SUBDOMAIN, free_origin="*", **conf)
    assert caught.value.problems[0].reason == "refuses-nothing"


def test_free_policy_behind_deny_takes_nobody():
    conf = {"a_origin": SUBDOMAIN, "a_refuse_denied": "true", "free_origin": "*"}
    app = make_middleware(hello, {}, policy="a, deny, free", **conf)
    assert Client(app).post("/", headers={"Origin": FREE}).status_code == 403


# --- keys that nobody reads --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ROW({"polcy": "free", "free_origin": "*"}, "polcy: .*write policy", id="policy"),
        ROW({"match_strategy": "verbmatch"}, "write matchstrategy", id="strategy"),
        ROW({"origin": "*"}, "write allow_origins, or policy = NAME and NAME_origin", id="origin"),
        ROW(
            {"policy": "a", "a_origin": "*", "allow_origins": "*"}, "NAME_allow_origins", id="bare"
        ),
        ROW(
            {"policy": "a", "a_origin": "*", "b_maxage": "5"},
            "b_maxage: .*a_maxage|name b",
            id="prefix",
        ),
        ROW({"allow_origin": "*"}, "write allow_origins", id="field"),
        ROW(
            {"allow_origins": "*", "origin": "*"}, "origin: no policy reads it", id="old-beside-new"
        ),
        ROW({"free_origin": "*"}, "free_origin: .*write policy = free", id="policy-forgotten"),
        ROW({"pineapple": "1"}, "pineapple: .*the keys are policy, ", id="unknown"),
    ],
)
def test_key_that_nobody_reads_is_an_error(conf, words):
    with pytest.raises(ConfigError, match=words):
        make_middleware(hello, {}, **conf)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        make_middleware(
            hello,
            {},
            policy="a,b",
            matchstrategy="best",
            metods="GET",
            a_origin="https://example?.com x",
            a_maxage="soon",
            b_headers="Cookie",
        )
    assert [problem.field for problem in caught.value.problems] == [
        "metods",
        "matchstrategy",
        "a_origin",
        "a_origin",
        "a_maxage",
        "b_headers",
    ]


def test_policy_that_is_not_named_is_told_of(caplog):
    make_middleware(hello, {}, **{**section(), "policy": "subdom"})
    assert "policy does not name 'free'" in caplog.text


@pytest.mark.parametrize("conf", [{"policy": "api", "api_origin": FREE}, {"allow_origins": FREE}])
def test_default_section_does_no_harm(from_ini, conf):
    lines = "\n".join(f"{key} = {value}" for key, value in conf.items())
    app = from_ini(
        "[DEFAULT]\napi_key = 1\norigin = *\ndebug = true\nallow_methods = PUT\n"
        "[app:hello]\nuse = call:test_compat_paste:hello_factory\n"
        "[pipeline:main]\npipeline = cors hello\n"
        f"[filter:cors]\nuse = egg:wsgicors#middleware\n{lines}\n"
    )
    assert callers(app, pages=BOTH) == {FREE}


def test_refuse_denied_without_a_value_is_an_error():
    with pytest.raises(ConfigError, match=r"own_refuse_denied: .* neither true nor false"):
        make_middleware(hello, {}, policy="own", own_origin=FREE, own_refuse_denied="")


DEFAULTS_NOT_IN_FORCE = [
    ROW("free, own", "refuse_denied", "free_refuse_denied and own_refuse_denied", id="field"),
    ROW("own", "allow_origins", "own_allow_origins", id="field, of one policy"),
    ROW("own", "Refuse_Denied", "own_refuse_denied", id="another case"),
    ROW("own", "cors-allow-methods", "own_allow_methods", id="dashes"),
    ROW("own", "cors_refuse_denied", "own_refuse_denied", id="prefix"),
    ROW("own", "refuse_denid", "own_refuse_denied", id="misspelled"),
    ROW("own", "own_refuse_denid", "own_refuse_denied", id="misspelled, of a policy"),
    ROW("own", "match_strategy", "matchstrategy", id="strategy"),
    ROW("deny", "refuse_denied", "NAME_refuse_denied", id="of nobody's policy"),
    ROW(None, "Refuse_Denied", "refuse_denied", id="of the only policy"),
]


@pytest.mark.parametrize(("policy", "key", "instead"), DEFAULTS_NOT_IN_FORCE)
def test_key_of_the_default_section_that_is_not_in_force_is_told(policy, key, instead, caplog):
    own = {"policy": policy, "free_origin": FREE, "own_origin": SUBDOMAIN}
    keys = {"allow_origins": FREE} if policy is None else own
    make_middleware(hello, {key: "true"}, **keys)
    told = [message for message in caplog.messages if "[DEFAULT]" in message]
    assert len(told) == 1
    assert f"{key!r} in [DEFAULT] is in force in no policy" in told[0]
    assert f"write {instead} in its section" in told[0]


@pytest.mark.parametrize(
    "key",
    """debug here __file__ api_key own_key max_pages policies origin origins methods headers credentials
    session_max_age own_refuse_denied refuse_denied""".split(),
)
def test_key_of_the_default_section_that_is_in_force_or_of_others_is_not_told(key, caplog):
    keys = {"policy": "own", "own_origin": SUBDOMAIN, "own_refuse_denied": "true"}
    make_middleware(hello, {key: "true"}, **keys)
    assert not caplog.messages


@pytest.mark.parametrize("key", ["ALLOW_ORIGINS", "Allow-Origins", "own_Origin", "Policy"])
def test_key_in_another_case_is_an_error_that_says_how_to_write_it(key):
    keys = {"policy": "own", "own_allow_methods": "PUT", "own_allow_origins": FREE}
    meant = {"own_Origin": "own_origin", "Policy": "policy"}.get(key, "allow_origins")
    with pytest.raises(ConfigError, match=f"write (own_)?{meant}"):
        make_middleware(hello, {}, **{**keys, key: FREE})


# --- what 0.7 had in Python --------------------------------------------------------------------------


def test_what_0_7_had_at_the_top_works_with_a_warning():
    with pytest.warns(DeprecationWarning, match="write from wsgicors import CORSMiddleware"):
        from wsgicors import CORS
    app = CORS(hello, headers="*", methods="*", maxage="180", origin="*")
    assert callers(app, method="PUT", headers={"Authorization": "1"}) == EVERYBODY
    with pytest.warns(DeprecationWarning, match="egg:wsgicors#middleware"):
        from wsgicors import make_middleware as old
    assert old is make_middleware


def test_0_7_may_be_given_the_keys_of_a_section():
    with pytest.warns(DeprecationWarning, match="the one of 0.7"):
        from wsgicors import CORS
    for app in (CORS(hello, section()), CORS(hello, **section())):
        assert headers_for(app, SUBDOMAIN)["Expose-Headers"] == "Foo, Doom"


@pytest.mark.parametrize("keys", [{}, {"allow_origins": "*"}])
def test_class_of_0_7_leads_on_to_the_extension_for_flask(keys):
    with pytest.warns(DeprecationWarning, match="the one of 0.7"):
        from wsgicors import CORS
    with pytest.raises(ConfigError, match=r"from wsgicors.flask import CORS"):
        CORS(hello, **keys)


def test_mistake_in_the_class_of_0_7_is_named_as_it_was_written():
    with pytest.warns(DeprecationWarning, match="the one of 0.7"):
        from wsgicors import CORS
    with pytest.raises(ConfigError) as caught:
        CORS(hello, origin="*", maxage="soon", hedaers="*")
    assert [problem.field for problem in caught.value.problems] == ["hedaers", "maxage"]
    assert "direct" not in str(caught.value)


@pytest.mark.parametrize("policy", ["free", {"policy": "free"}])
def test_middleware_that_is_given_the_name_of_a_policy_leads_on(policy):
    with pytest.raises(ConfigError, match=r"wsgicors\.compat\.paste\.make_middleware"):
        CORSMiddleware(hello, policy, free_origin="*")


def test_other_names_are_not_there():
    import wsgicors

    with pytest.raises(AttributeError, match="has no attribute 'pineapple'"):
        _ = wsgicors.pineapple


# --- served by Pyramid's pserve --------------------------------------------------------------------


@pytest.mark.programs
def test_pserve_serves_the_readme_of_0_7(tmp_path):
    pytest.importorskip("pyramid", reason="Pyramid is not installed")
    pytest.importorskip("waitress", reason="waitress is not installed")
    port = free_port()
    server = f"[server:main]\nuse = egg:waitress#main\nlisten = 127.0.0.1:{port}\n"
    (tmp_path / "app.ini").write_text(textwrap.dedent(INI) + server, "utf-8")
    command = [sys.executable, "-m", "pyramid.scripts.pserve", str(tmp_path / "app.ini")]
    path = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}) as process:
        try:
            headers = answered(f"http://127.0.0.1:{port}/", {"Origin": SUBDOMAIN})
        finally:
            process.terminate()
    assert headers["Access-Control-Allow-Origin"] == SUBDOMAIN


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def answered(url, headers):
    """The headers of an answer, as soon as there is a server."""
    for _ in range(100):
        try:
            with urlopen(Request(url, headers=headers), timeout=5) as response:
                return response.headers
        except URLError:
            time.sleep(0.1)
    raise AssertionError("no server has come up")


@pytest.mark.parametrize(
    "keys",
    [
        {"allow_origins": ""},
        {"policy": "front", "front_allow_origins": ""},
        {"policy": "front, back", "front_allow_origins": "", "back_allow_origins": " "},
    ],
    ids=["alone", "named", "two"],
)
def test_a_list_without_a_value_is_empty(keys):
    """As everywhere else, and as an ini file cannot say ``[]``."""
    app = make_middleware(hello, **keys)
    assert preflight(app, "https://app.example.com").status_code == 403
    assert headers_for(app, "https://app.example.com") == {"Vary": "Origin"}


def test_a_key_of_0_7_without_a_value_is_unset():
    with pytest.raises(ConfigError, match="nothing is shared by default"):
        make_middleware(hello, policy="front", front_origin="")


def test_a_swap_where_several_policies_have_names_is_refused():
    app = make_middleware(hello, {}, policy="a, b", a_origin=FREE, b_origin="https://b.example")
    with pytest.raises(ConfigError, match=r"1\. policy a, 2\. policy b") as caught:
        app.policy = Policy(allow_origins=[])
    assert [problem.reason for problem in caught.value.problems] == ["no-base"]
    assert "write CORSMiddleware(application, Policy(...))" in str(caught.value)
    assert app.policy is None
    assert callers(app, pages=BOTH) == {FREE}


def test_a_swap_where_one_policy_has_a_name_takes_its_place():
    app = make_middleware(hello, {}, policy="a", a_origin=FREE)
    app.policy = Policy(allow_origins=[])
    assert callers(app, pages=BOTH) == set()
