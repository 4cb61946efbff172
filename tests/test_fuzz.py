"""Random policies, merges, swaps and requests, against a slow statement of what a policy means.

The statement is written from the design and uses nothing of the package but its public names.
``WSGICORS_CASES=100000`` tries more cases than the ordinary tests do; ``tox run -e fuzz`` does that.
"""

from __future__ import annotations

import os
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wsgicors import ConfigError, CORSMiddleware, Policy

# --- what a policy means -------------------------------------------------------------------------

HOST = "api.example"
DEFAULT_PORTS = {"http": "80", "https": "443"}
LABEL = r"[a-z0-9_-]{1,63}"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FORBIDDEN_METHODS = {"CONNECT", "TRACE", "TRACK"}
FORBIDDEN_HEADERS = {"cookie", "host", "origin", "date"}  # of the standard's, those that are drawn
PUBLIC_SUFFIXES = {"com", "co.uk", "github.io"}  # of the list's, those that are drawn


def split(origin):
    """Scheme, host and port of an origin or a pattern, the port ``None`` where there is none."""
    match = re.fullmatch(
        r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[^:/]*)(?::(.*))?", origin, re.DOTALL
    )
    return match.groups() if match else (None, None, None)


def is_legal_port(scheme, port):
    if port is None:
        return True
    is_number = re.fullmatch(r"[1-9][0-9]{0,4}", port) and int(port) <= 65535
    return bool(is_number) and port != DEFAULT_PORTS.get(scheme)


def is_of_an_application(origin):
    """Whether it is written as the origins of applications and extensions are."""
    scheme, _, port = split(origin)
    is_legal = re.fullmatch(r"[a-z-]+://[A-Za-z0-9._~%-]*(:[0-9]+)?", origin)
    return scheme not in (None, *DEFAULT_PORTS) and bool(is_legal) and is_legal_port(scheme, port)


def fits_host(pattern, host):
    if "*" not in pattern:
        return host == pattern
    free = rf"{LABEL}(\.{LABEL})*" if pattern.startswith("*.") else "[a-z0-9-]+"
    before, after = pattern.split("*")
    fits = re.fullmatch(re.escape(before) + free + re.escape(after), host)
    return bool(fits) and len(host) <= 253 and all(len(label) <= 63 for label in host.split("."))


def admits(pattern, origin):
    """Whether one pattern of a list admits an origin."""
    if isinstance(pattern, re.Pattern):
        return pattern.fullmatch(origin) is not None
    if "*" not in pattern:
        return origin == pattern
    if pattern.endswith("://*"):
        return is_of_an_application(origin) and origin.startswith(pattern[:-1])
    scheme, host, port = split(origin)
    scheme_wanted, host_wanted, port_wanted = split(pattern)
    return (
        scheme == scheme_wanted
        and fits_host(host_wanted, host)
        and is_legal_port(scheme, port)
        and port_wanted in ("*", port)
    )


def is_allowed(policy, origin):
    patterns = policy["allow_origins"]
    if patterns == "*":
        return True
    return is_listed(patterns, origin)


def uses_credentials(policy, origin):
    """Whether an allowed origin may come with credentials: all may, none, or those of a list."""
    trusted = policy.get("allow_credentials", False)
    return trusted if isinstance(trusted, bool) else is_listed(trusted, origin)


def is_listed(patterns, origin):
    return len(origin) <= 512 and any(admits(pattern, origin) for pattern in patterns)


def is_insecure(pattern):
    scheme, host, _ = split(pattern)
    is_loopback = host == "[::1]" or re.fullmatch(r"(.*\.)?localhost|127\..*", host)
    return scheme == "http" and not is_loopback


def is_over_a_suffix(pattern):
    return "*" in split(pattern)[1] and split(pattern)[1].split(".", 1)[1] in PUBLIC_SUFFIXES


def dangers(policy):
    """Why a whole policy may not be put to use."""
    yield from dangers_with_credentials(policy)
    if policy.get("refuse_denied") and policy["allow_origins"] != "*":
        for pattern in policy["allow_origins"]:
            yield from would_not_be_refused(pattern, policy)


def dangers_with_credentials(policy):
    trusted = policy.get("allow_credentials", False)
    if trusted and "*" in exposed(policy):
        yield '"*" with credentials'
    patterns = policy["allow_origins"] if isinstance(trusted, bool) else trusted
    if trusted and patterns == "*":
        yield '"*" with credentials'
    elif trusted:
        for pattern in patterns:
            yield from dangers_of(pattern, policy)


def would_not_be_refused(pattern, policy):
    """Why a page of a stranger would not be refused, though what is denied is."""
    if pattern == "null":
        yield "null is every page"
    elif isinstance(pattern, str) and pattern != "app://*" and is_over_a_suffix(pattern):
        takes_suffixes = policy.get("dangerously_allow_public_suffixes")
        yield from [] if takes_suffixes else [f"{pattern} is anybody"]


def slips(fields):
    """Why fields may not be written in one place: who is trusted there must be let in there."""
    trusted, patterns = fields.get("allow_credentials"), fields.get("allow_origins")
    if isinstance(trusted, list) and isinstance(patterns, list):
        exact = [item for item in trusted if isinstance(item, str) and "*" not in item]
        yield from (
            f"{origin} is not let in" for origin in exact if not is_listed(patterns, origin)
        )


def dangers_of(pattern, policy):
    if pattern in ("null", "file://", "app://*"):
        yield f"{pattern} is anybody"
    elif isinstance(pattern, str):
        if is_insecure(pattern) and not policy.get("dangerously_allow_insecure_origins"):
            yield f"{pattern} is not https"
        if is_over_a_suffix(pattern) and not policy.get("dangerously_allow_public_suffixes"):
            yield f"{pattern} is anybody"


def granted_methods(policy, asked, with_credentials):
    methods = policy.get("allow_methods", {"GET", "HEAD", "POST"})
    if methods == "*" and with_credentials:
        return {asked} if TOKEN.fullmatch(asked) and asked not in FORBIDDEN_METHODS else set()
    return set(methods)


def granted_headers(policy, asked, with_credentials):
    names = {name.lower() for name in policy.get("allow_headers", ())}
    if "*" not in names or not with_credentials:
        return names
    legal = {name for name in asked if TOKEN.fullmatch(name)} - FORBIDDEN_HEADERS
    return legal - ({"authorization"} - names) | (names - {"*"})


def shared_with(policy, origin, with_credentials):
    """The lines about the origin: who it is, and whether it may come with credentials."""
    if with_credentials:
        return {"origin": origin, "credentials": "true"}
    return {"origin": "*" if policy["allow_origins"] == "*" else origin}


def meaning_of_a_preflight(policy, origin, method, headers):
    if not is_allowed(policy, origin):
        return 403, {}
    with_credentials = uses_credentials(policy, origin)
    answer = shared_with(policy, origin, with_credentials)
    answer["methods"] = granted_methods(policy, method, with_credentials)
    answer["headers"] = granted_headers(policy, headers, with_credentials)
    if "max_age" in policy:
        answer["max-age"] = str(policy["max_age"])
    return 204, answer


def meaning_of_a_request(policy, origin, method, site):
    is_everybodys = policy["allow_origins"] == "*"
    if is_everybodys or (origin is not None and is_allowed(policy, origin)):
        with_credentials = origin is not None and uses_credentials(policy, origin)
        shared = shared_with(policy, origin, with_credentials)
        return 200, {**shared, "exposed": set(map(str.lower, exposed(policy)))}
    is_refused = policy.get("refuse_denied") and method == "POST" and is_foreign(origin, site)
    return (403 if is_refused else 200), {}


def is_foreign(origin, site):
    """Whether a request comes from another origin: the browser says so, or the Origin does."""
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("://")[2] != HOST


def exposed(policy):
    return policy.get("expose_headers", ())


# --- what is drawn: few names, so that they meet ------------------------------------------------


def rarely(strategy):
    """Something in one case of four."""
    chosen = st.sampled_from([False, False, False, True])
    return chosen.flatmap(lambda is_chosen: strategy if is_chosen else st.none())


hosts = st.sampled_from("example.com app.example.com api.example localhost 127.0.0.1 [::1]".split())
named = st.sampled_from("example.com app.example.com me.github.io localhost com co.uk".split())
below = st.sampled_from("example.com app.example.com github.io".split())
some_labels = st.sampled_from("pr-* *-x a*b".split())
some_ports = st.sampled_from(["", ":8080", ":*"])
some_schemes = st.sampled_from(["https", "https", "https", "http"])
patterns = (
    st.builds("{}://{}{}".format, some_schemes, hosts, some_ports)
    | st.builds("{}://*.{}{}".format, some_schemes, named, some_ports)
    | st.builds("https://{}.{}{}".format, some_labels, below, some_ports)
    | st.sampled_from("tauri://localhost chrome-extension://abc app://* file://".split())
    | st.sampled_from([re.compile(r"https://[ab]\.tenant\.example"), "null"])
)
#: Few that may come with credentials, so that two lists of them often overlap.
trusted = st.sampled_from(
    "https://example.com https://*.example.com https://app.example.com:* https://pr-*.example.com"
    " http://localhost:* tauri://localhost".split()
) | st.just(re.compile(r"https://[ab]\.tenant\.example"))
lists_of_trusted = st.lists(trusted, min_size=1, max_size=3)
lists_of_patterns = lists_of_trusted | st.lists(patterns, min_size=1, max_size=3)
header_names = st.sampled_from(["X-A", "x-b", "Content-Type", "Authorization"])
methods = st.sampled_from(["GET", "PUT", "DELETE", "PATCH", "patch"])
FIELDS = {
    "allow_origins": lists_of_patterns | st.just("*"),
    "allow_methods": st.lists(methods, max_size=3) | st.just("*"),
    "allow_headers": st.lists(header_names, max_size=3)
    | st.sampled_from(["*", ["*", "Authorization"]]),
    "expose_headers": st.lists(header_names, max_size=2) | st.just(["X-A"]) | st.just("*"),
    "allow_credentials": st.booleans() | lists_of_trusted | st.lists(patterns, max_size=2),
    "max_age": st.integers(0, 86400),
    "refuse_denied": st.booleans(),
    "dangerously_allow_insecure_origins": st.booleans(),
    "dangerously_allow_public_suffixes": st.booleans(),
}
partial_policies = st.fixed_dictionaries({}, optional=FIELDS.copy())
whole_policies = st.fixed_dictionaries(
    {"allow_origins": FIELDS.pop("allow_origins")}, optional=FIELDS
)


def filled(pattern, free, port):
    """An origin that a pattern may be meant for, or that was made to look so."""
    if isinstance(pattern, re.Pattern):
        return f"https://{free}.tenant.example"
    return pattern.replace(":*", port).replace("*", free)


def aimed(policy, which, other, free, port, touch):
    patterns = [] if policy["allow_origins"] == "*" else policy["allow_origins"]
    pattern = other or (patterns[which % len(patterns)] if patterns else "https://*.example.com")
    origin = filled(pattern, free, port)
    return origin if touch is None else touched(origin, *touch)


def touched(origin, place, gone, new):
    place %= len(origin) + 1
    return origin[:place] + new + origin[place + gone :]


#: How to make an origin of a pattern of the policy in force, or of another one.
aims = st.fixed_dictionaries(
    {
        "which": st.integers(0, 2),
        "other": rarely(patterns),
        "free": st.sampled_from(
            ["a", "a", "a", "b", "a.b", "a-1", "a_b", "A", "", ".", "a.", "é", "x" * 64]
        ),
        "port": st.sampled_from(["", "", ":8080", ":443", ":80", ":0", ":08", ":65536"]),
        "touch": rarely(
            st.tuples(
                st.integers(0, 60),
                st.integers(0, 1),
                st.sampled_from(
                    ["", "*", ".", ":", "/", "@", "A", "-", "é", "\n", " ", "%2e", "https://"]
                ),
            ),
        ),
    }
)
preflights = st.tuples(
    st.just("preflight"),
    aims,
    methods | st.sampled_from(["TRACE", "CONNECT", "a b", "*"]),
    st.lists(st.sampled_from("x-a x-c authorization content-type cookie x{}".split()), max_size=3),
)
sites = st.sampled_from([None, "same-origin", "none", "same-site", "cross-site"])
requests = st.tuples(st.just("request"), aims | st.none(), st.sampled_from(["GET", "POST"]), sites)
swaps = st.tuples(st.just("swap"), st.lists(partial_policies, min_size=1, max_size=3))
steps = st.lists(preflights | requests | swaps, max_size=8)

# --- the two side by side -------------------------------------------------------------------------


def application(environ, start_response):
    start_response("200 OK", [("Access-Control-Allow-Origin", "https://of-its-own.example")])
    return [b"hello"]


def ask(middleware, method, **fields):
    """One exchange: the status, and the headers by name, of which none may come twice."""
    environ = {"REQUEST_METHOD": method, "PATH_INFO": "/", "SCRIPT_NAME": "", "QUERY_STRING": ""}
    environ.update({name: value for name, value in fields.items() if value is not None})
    environ.update({"wsgi.url_scheme": "https", "HTTP_HOST": HOST})
    started = []
    list(middleware(environ, lambda status, headers: started.append((status, headers))))
    ((status, lines),) = started
    headers = {name.lower(): value for name, value in lines}
    assert len(headers) == len(lines)
    return int(status[:3]), headers


def names_in(value):
    return {name for name in value.split(", ") if name}


def read(headers):
    """What a browser understands of the headers, in the statement's words."""
    understood = {
        "origin": headers.pop("access-control-allow-origin", None),
        "credentials": headers.pop("access-control-allow-credentials", None),
        "max-age": headers.pop("access-control-max-age", None),
    }
    known = {name: value for name, value in understood.items() if value is not None}
    for name in ("methods", "headers"):
        known[name] = headers.pop(f"access-control-allow-{name}", "")
    known["exposed"] = headers.pop("access-control-expose-headers", "")
    assert not any(name.startswith("access-control-") for name in headers)
    return known


def check_preflight(middleware, policy, origin, method, headers):
    status, lines = ask(
        middleware,
        "OPTIONS",
        HTTP_ORIGIN=origin,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD=method,
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS=",".join(headers),
    )
    check_vary(policy, lines)
    known = read(lines)
    assert known.pop("exposed") == ""
    known["methods"] = names_in(known["methods"])
    known["headers"] = names_in(known["headers"].lower())
    wanted_status, wanted = meaning_of_a_preflight(policy, origin, method, set(headers))
    assert (status, known) == (wanted_status, {"methods": set(), "headers": set(), **wanted})


def check_request(middleware, policy, origin, method, site):
    status, lines = ask(middleware, method, HTTP_ORIGIN=origin, HTTP_SEC_FETCH_SITE=site)
    check_vary(policy, lines)
    known = read(lines)
    assert (known.pop("methods"), known.pop("headers")) == ("", "")
    known["exposed"] = names_in(known["exposed"].lower())
    wanted_status, wanted = meaning_of_a_request(policy, origin, method, site)
    assert (status, known) == (wanted_status, {"exposed": set(), **wanted})


def check_vary(policy, lines):
    is_one_for_all = policy["allow_origins"] == "*" and not policy.get("allow_credentials")
    assert is_one_for_all or "Origin" in names_in(lines["vary"])


CHECKS = {"preflight": check_preflight, "request": check_request}


def swap(middleware, policy, layers):
    """The policy that is in force after others were merged over it: the old one if that is wrong."""
    meant = dict(policy)
    merged = middleware.policy
    for fields in layers:
        meant.update(fields)
    is_wrong = [*dangers(meant), *(slip for fields in layers for slip in slips(fields))]
    is_wrong += ["*"] if meant.get("refuse_denied") and meant["allow_origins"] == "*" else []
    try:
        for fields in layers:
            merged = merged.merge(Policy(**fields))
        middleware.policy = merged
    except ConfigError:
        assert is_wrong
        return policy
    assert not is_wrong
    return meant


@settings(
    max_examples=int(os.environ.get("WSGICORS_CASES", "200")),
    suppress_health_check=list(HealthCheck),
)
@given(layers=st.lists(partial_policies, max_size=2), whole=whole_policies, steps=steps)
def test_no_policy_ever_gives_more_or_less_than_it_says(layers, whole, steps):
    policy = {"allow_origins": []}
    middleware = CORSMiddleware(application, Policy(**policy))
    policy = swap(middleware, policy, [whole, *layers])
    for kind, what, *more in steps:
        if kind == "swap":
            policy = swap(middleware, policy, what)
        else:
            origin = what and aimed(policy, **what)
            CHECKS[kind](middleware, policy, origin, *more)
