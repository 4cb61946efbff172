"""``python -m wsgicors policy``: the policies of a middleware as a file, and what has changed since."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .errors import ConfigError
from .loading import NotLoaded, load
from .middleware import CORSMiddleware
from .names import SAFELISTED_METHODS
from .policy import Policy
from .review import ReviewError, as_text, described, review

UNKNOWN = 2

# Where middleware and frameworks have what they wrap.
_WITHIN = ("app", "wsgi_app", "application", "_app", "wrapped", "__wrapped__")
_MAX_DEPTH = 64
_EPILOG = """\
examples:
  %(prog)s shop:app --save cors.json
  %(prog)s shop:app --against cors.json

Without --save and --against, the policies are printed. Those of
routes in Flask are saved by: flask --app shop cors --save cors.json

exit status:
  0  nothing has changed
  1  something has changed
  2  the application or a file could not be read or written"""


def main(arguments: Sequence[str]) -> int:
    """Save or compare the policies of an application.

    :returns: the exit status: 0, 1 if anything has changed, 2 if that is not known.
    :raises SystemExit: with 2, for arguments that make no sense.

    >>> main(["wsgiref.simple_server:demo_app"])
    2
    """
    chosen = _parser().parse_args(arguments)
    try:
        rules = rules_of(_middleware_of(load(chosen.application), chosen.application))
        if chosen.save is None and chosen.against is None:
            sys.stdout.write(as_text(rules))
            return 0
        lines, status = review(rules, chosen.save, chosen.against)
    except (NotLoaded, ReviewError, ConfigError) as error:
        _write(sys.stderr, str(error))
        return UNKNOWN
    for line in lines:
        _write(sys.stdout, line)
    return status


def _write(stream: Any, line: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m wsgicors policy",
        description="Save who may read what, and tell what has changed since, the worst first.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "application",
        metavar="module:application",
        help="a WSGI application with a CORSMiddleware around it; or module:function()",
    )
    parser.add_argument("--save", metavar="FILE", help="write the policies in effect into a file")
    parser.add_argument("--against", metavar="FILE", help="tell what has changed since then")
    return parser


def _middleware_of(application: object, name: str) -> CORSMiddleware:
    for layer in _layers(application):
        if isinstance(layer, CORSMiddleware):
            return layer
    message = f"there is no CORSMiddleware around {name}"
    if hasattr(application, "url_map"):
        flask = shlex.quote(name) if name.endswith("()") else name.partition(":")[0]
        message += f"; for the routes of Flask: flask --app {flask} cors --save FILE"
    raise NotLoaded(message)


def _layers(application: Any) -> Iterator[object]:
    """An application, and what it wraps, from the outside."""
    waiting = [application]
    for _ in range(_MAX_DEPTH):
        if not waiting:
            return
        layer = waiting.pop(0)
        yield layer
        waiting += [vars(layer)[name] for name in _WITHIN if name in getattr(layer, "__dict__", ())]


def rules_of(middleware: CORSMiddleware) -> dict[str, dict[str, Any] | None]:
    """What is in effect for each prefix of paths.

    >>> def application(environ, start_response):
    ...     return []
    >>> rules_of(CORSMiddleware(application, allow_origins="*", routes={"/internal": None}))
    {'/': {'allow_origins': '*', 'allow_methods': ['GET', 'HEAD', 'POST']}, '/internal': None}
    """
    rules = {
        prefix: None if policy is None else described(_with_methods(policy), middleware.resolve)
        for prefix, policy in middleware.policies.items()
    }
    base = middleware.policy or Policy()
    for name, policy in _among_which_to_select(middleware.resolve):
        rules[name] = described(_with_methods(base.merge(policy)))
    return rules


def _among_which_to_select(resolve: object) -> Iterator[tuple[str, Policy]]:
    """The policies of a ``resolve`` that names them, in its attribute ``policies``."""
    named = getattr(resolve, "policies", None)
    for name, policy in named.items() if isinstance(named, Mapping) else ():
        if isinstance(policy, Policy):
            yield str(name), policy


def _with_methods(policy: Policy) -> Policy:
    # What an unset field means here; a base may be empty.
    return Policy(allow_methods=sorted(SAFELISTED_METHODS)).merge(policy)
