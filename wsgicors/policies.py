"""``python -m wsgicors policy``: the policies of all layers as a file, and what has changed since."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .comparison import HELD, LAYER, printable
from .errors import ConfigError
from .loading import NotLoaded, load
from .middleware import CORSMiddleware
from .names import SAFELISTED_METHODS
from .policy import Policy
from .review import ReviewError, as_text, described, review
from .standing import Layer, Layers

UNKNOWN = 2

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
        layers = _layers_of(load(chosen.application), chosen.application)
        rules = rules_of_all(layers)
        if chosen.save is None and chosen.against is None:
            lines, status = as_text(rules).splitlines(), 0
        else:
            lines, status = review(rules, chosen.save, chosen.against)
    except (NotLoaded, ReviewError, ConfigError) as error:
        _write(sys.stderr, str(error))
        return UNKNOWN
    for line in lines:
        _write(sys.stdout, line)
    for gap in _gaps(layers):
        _write(sys.stderr, printable(gap))
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


def _layers_of(application: object, name: str) -> Layers:
    layers = Layers(application)
    if any(layer.middleware for layer in layers):
        return layers
    message = f"there is no CORSMiddleware around {name}"
    if hasattr(application, "url_map"):
        flask = shlex.quote(name) if name.endswith("()") else name.partition(":")[0]
        message += f"; for the routes of Flask: flask --app {flask} cors --save FILE"
    raise NotLoaded(". ".join([message, *layers.unseen]))


def _gaps(layers: Layers) -> Iterator[str]:
    """Where something may be shared that the rules do not tell of."""
    yield from layers.unseen
    for mount, app in layers.flask_apps:
        # It is loaded, because this is one of its applications.
        from .flask.inspection import is_anything_said
        from .flask.settings import EXTENSION

        if EXTENSION in app.extensions or is_anything_said(app):
            yield _OF_FLASK.format(app.name, mount or "/", app.import_name)


_OF_FLASK = (
    "The routes of the Flask application {} at {} are not among the rules: save theirs, too, with"
    " flask --app {} cors --save FILE"
)


def rules_of_all(layers: Iterable[Layer]) -> dict[str, dict[str, Any] | None]:
    """What is in effect for each prefix of paths, in each layer.

    >>> def application(environ, start_response):
    ...     return []
    >>> inside = CORSMiddleware(application, allow_origins=[])
    >>> rules_of_all(Layers(CORSMiddleware(inside, allow_origins="*")))
    {'/': {'allow_origins': '*', 'allow_methods': ['GET', 'HEAD', 'POST']}, 'layer 2: /': {'allow_origins': []}}
    """
    return {
        _named(rule, layer): said
        for layer in layers
        for rule, said in (rules_of(layer.middleware) if layer.middleware else {"/": None}).items()
        if not _is_of_another(rule, layer)
    }


def _named(rule: str, layer: Layer) -> str:
    """The name of a rule among those of all layers."""
    is_path = rule.startswith("/")
    if not is_path and layer.mount:
        rule = f"{rule} at {layer.mount}"
    elif is_path:
        rule = (layer.mount + rule if rule != "/" else layer.mount) or "/"
    where = [f"{LAYER}{layer.number}"] if layer.number > 1 else []
    where += [f"{HELD}{layer.name}"] if layer.name else []
    return ": ".join(filter(None, [" ".join(where), rule]))


def _is_of_another(rule: str, layer: Layer) -> bool:
    """Whether requests for a prefix of a layer come to what is mounted beside it."""
    path = f"{layer.mount}{rule}/"
    return rule.startswith("/") and any(
        path.startswith(f"{mount}/") and mount.startswith(f"{layer.mount}/")
        for mount in layer.mounts
        if not mount.endswith("/")
    )


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
        # A name may be a prefix, too.
        rule = f"policy {name}" if name in rules else name
        rules[rule] = described(_with_methods(base.merge(policy)))
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
