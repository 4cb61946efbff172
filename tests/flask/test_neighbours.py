"""What the decorator of a blueprint, or its name, says of its views and not of all URLs below its prefix."""

from __future__ import annotations

import functools

import flask
import pytest
from exchanges import ADMIN, PAGE
from flask.views import View
from flask_calls import actual

from wsgicors.flask import CORS, cross_origin, same_origin

ROW = pytest.param
SHUT = {"allow_origins": []}
guarded = cross_origin(allow_origins=[ADMIN], refuse_denied=True)
REFUSING = {"allow_origins": [ADMIN], "refuse_denied": True}


def view(**values):
    return "seen"


def site(*, prefix="/admin", below="/admin/reports", decorate=None, also=None, **options):
    """An application with a blueprint ``admin``, and others whose URLs may begin as its URLs do."""
    app = flask.Flask("example")
    blueprints = {
        "admin": flask.Blueprint("admin", __name__, url_prefix=prefix),
        "reports": flask.Blueprint("reports", __name__, url_prefix=below),
    }
    for name, apply in (("admin", decorate), ("reports", also)):
        if apply is not None:
            apply(blueprints[name])
    for name, blueprint in blueprints.items():
        blueprint.add_url_rule(f"/{name}", "list", lambda: "seen", methods=["GET", "POST"])
        app.register_blueprint(blueprint)
    app.add_url_rule("/administration", "home", lambda: "seen", methods=["POST"])
    app.add_url_rule("/admin/help", "help", lambda: "seen")
    app.add_url_rule("/<path:rest>", "rest", lambda rest: "seen", methods=["GET", "POST"])
    CORS(app, allow_origins=[PAGE, ADMIN], **options)
    return app


def told(app, caplog):
    for _ in range(2):
        actual(app)
    return [each for each in caplog.messages if "such URLs, too" in each]


@pytest.mark.parametrize(
    ("said", "others"),
    [
        ROW({"decorate": same_origin}, "not closed: 'reports.list', 'help'.", id="decorator"),
        ROW({"endpoints": {"admin.*": SHUT}}, "not closed: 'reports.list', 'help'.", id="name"),
        ROW({"decorate": guarded}, "refuse nobody: 'reports.list'.", id="refusing decorator"),
        ROW({"endpoints": {"admin.*": REFUSING}}, "nobody: 'reports.list'.", id="refusing name"),
        ROW(
            {"decorate": cross_origin(allow_origins=[], refuse_denied=True), "also": same_origin},
            "not closed: 'help'.",
            id="both",
        ),
        ROW(
            {"decorate": same_origin, "below": "/admin"},
            "not closed: 'reports.list', 'help'.",
            id="one prefix",
        ),
    ],
)
def test_what_is_open_below_the_prefix_of_a_blueprint_is_told(said, others, caplog):
    (line,) = told(site(**said), caplog)
    assert others in line
    assert "begin with /admin." in line
    assert ("Decorate them" in line) == ("decorate" in said)
    assert ("(blueprint 'admin')" in line) == ("decorate" in said)


@pytest.mark.parametrize(
    "said",
    [
        ROW({"decorate": cross_origin(allow_origins=[ADMIN])}, id="narrower"),
        ROW({"decorate": guarded, "also": same_origin}, id="settings of their own"),
        ROW({"decorate": guarded, "refuse_denied": True}, id="refused everywhere"),
        ROW({"decorate": guarded, "endpoints": {"reports.list": SHUT}}, id="named"),
        ROW({"decorate": guarded, "endpoints": {"reports.*": None}}, id="not governed"),
        ROW({"decorate": same_origin, "prefix": "/"}, id="prefix of all"),
        ROW({"decorate": same_origin, "prefix": "/<tenant>"}, id="prefix of all that is a name"),
        ROW({"decorate": guarded, "below": "/reports"}, id="elsewhere"),
        ROW({"decorate": guarded, "also": guarded, "below": "/admin"}, id="one prefix, alike"),
    ],
)
def test_what_is_elsewhere_or_has_settings_of_its_own_is_nothing_to_tell(said, caplog):
    assert told(site(**said), caplog) == []


def test_every_blueprint_that_one_line_decorates_is_told_of(caplog):
    app = flask.Flask("example")
    for name in ("users", "orders"):
        blueprint = flask.Blueprint(name, __name__, url_prefix=f"/{name}")
        same_origin(blueprint)
        blueprint.add_url_rule("/", "list", lambda: "seen")
        app.register_blueprint(blueprint)
        app.add_url_rule(f"/{name}/export", f"export_{name}", lambda: "seen")
    CORS(app, allow_origins=[PAGE])
    assert [name in line for name, line in zip(("users", "orders"), told(app, caplog))] == [
        True
    ] * 2


def test_blueprints_that_share_a_prefix_are_told_of_in_one_line(caplog):
    app = flask.Flask("example")
    for name in ("users", "orders", "open"):
        blueprint = flask.Blueprint(name, __name__, url_prefix="/api")
        if name != "open":
            same_origin(blueprint)
        blueprint.add_url_rule(f"/{name}", "list", lambda: "seen")
        app.register_blueprint(blueprint)
    CORS(app, allow_origins=[PAGE])
    (line,) = told(app, caplog)
    assert line.count("(blueprint '") == 2
    assert "not closed: 'open.list'." in line


@pytest.mark.parametrize("decorate", [same_origin, guarded])
def test_methods_of_one_url_that_are_open_on_purpose_are_nothing_to_tell(decorate, caplog):
    app = flask.Flask("example")
    writing, reading = (flask.Blueprint(name, __name__) for name in ("writing", "reading"))
    decorate(writing)
    for rule in ("/items", "/items/<int:number>"):
        writing.add_url_rule(rule, f"write_{len(rule)}", lambda number: "", methods=["PUT"])
        reading.add_url_rule(rule, f"read_{len(rule)}", lambda number: "", methods=["GET", "POST"])
    app.register_blueprint(writing)
    app.register_blueprint(reading)
    CORS(app, allow_origins=[PAGE, ADMIN])
    assert told(app, caplog) == []


def test_closed_blueprint_without_routes_is_nothing_to_tell(caplog):
    app = flask.Flask("example")
    blueprint = flask.Blueprint("admin", __name__, url_prefix="/admin")
    same_origin(blueprint)
    app.register_blueprint(blueprint)
    app.add_url_rule("/admin/x", "x", view)
    app.add_url_rule("/admin/y", "y", view, build_only=True)
    CORS(app, allow_origins=[PAGE])
    assert told(app, caplog) == []


# --- views that have another endpoint elsewhere ----------------------------------------------------


class Export(View):
    def __init__(self, kind="all"):
        self.kind = kind

    def dispatch_request(self):
        return self.kind


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


def export():
    return "all"


def news():
    return "news"


def routed_twice(decorate, own, other, **options):
    """An application where a view of a blueprint has an old URL, too."""
    app = flask.Flask("example")
    admin = flask.Blueprint("admin", __name__, url_prefix="/admin")
    decorate(admin)
    admin.add_url_rule("/export", "export", own, methods=["GET", "POST"])
    app.register_blueprint(admin)
    app.add_url_rule("/export.php", "old_export", other, methods=["GET", "POST"])
    CORS(app, allow_origins=[PAGE, ADMIN], **options)
    return app


def told_of_others(app, caplog):
    actual(app)
    return [each for each in caplog.messages if "other endpoints of its views" in each]


@pytest.mark.parametrize(
    ("decorate", "own", "other"),
    [
        ROW(same_origin, export, export, id="closed"),
        ROW(cross_origin(allow_origins=[ADMIN]), export, export, id="narrower"),
        ROW(cross_origin(refuse_denied=True), export, export, id="refusing"),
        ROW(same_origin, wrapped(export), export, id="decorated by something else"),
        ROW(same_origin, export, wrapped(wrapped(export)), id="decorated elsewhere"),
        ROW(same_origin, Export.as_view("a"), Export.as_view("b"), id="class"),
    ],
)
def test_old_url_of_a_view_of_a_closed_blueprint_is_told(decorate, own, other, caplog):
    (line,) = told_of_others(routed_twice(decorate, own, other), caplog)
    assert "(blueprint 'admin') does not hold at other endpoints" in line
    assert "its views: 'old_export'. Decorate the views themselves" in line


@pytest.mark.parametrize(
    ("decorate", "own", "other", "options"),
    [
        ROW(cross_origin(allow_origins="*"), export, export, {}, id="wider"),
        ROW(same_origin, export, view, {}, id="another view"),
        ROW(same_origin, news, same_origin(news), {}, id="decorated"),
        ROW(same_origin, export, export, {"endpoints": {"old_export": {**SHUT}}}, id="named"),
        ROW(same_origin, export, export, {"endpoints": {"old_export": None}}, id="not governed"),
        ROW(
            same_origin,
            Export.as_view("a", "users"),
            Export.as_view("b", "news"),
            {},
            id="class with arguments",
        ),
    ],
)
def test_other_endpoints_that_are_no_less_closed_are_nothing_to_tell(
    decorate, own, other, options, caplog
):
    assert told_of_others(routed_twice(decorate, own, other, **options), caplog) == []


@pytest.mark.parametrize("times", [1, 2])
def test_blueprint_that_is_registered_twice_is_closed_at_both(times, caplog):
    app = flask.Flask("example")
    admin = flask.Blueprint("admin", __name__)
    same_origin(admin)
    admin.add_url_rule("/export", "export", export)
    for number in range(times):
        app.register_blueprint(admin, url_prefix=f"/v{number}", name=f"admin_{number}")
    CORS(app, allow_origins=[PAGE])
    assert told_of_others(app, caplog) == []


def test_one_function_that_is_many_views_of_a_blueprint_may_be_another_view_elsewhere(caplog):
    app = flask.Flask("example")
    admin = flask.Blueprint("admin", __name__, url_prefix="/admin")
    same_origin(admin)
    for name in ("users", "orders"):
        admin.add_url_rule(f"/{name}", name, view)
    app.register_blueprint(admin)
    app.add_url_rule("/", "home", view)
    CORS(app, allow_origins=[PAGE])
    assert told_of_others(app, caplog) == []


# --- blueprints without views ----------------------------------------------------------------------


def without_views(*, nested=False):
    app = flask.Flask("example")
    admin = same_origin(flask.Blueprint("admin", __name__, url_prefix="/admin"))
    users = flask.Blueprint("users", __name__, url_prefix="/admin/users")
    users.add_url_rule("/", "list", view)
    (admin if nested else app).register_blueprint(users)
    app.register_blueprint(admin)
    CORS(app, allow_origins=[PAGE])
    return app


def test_blueprint_that_closes_no_view_is_told_of_once(caplog):
    app = without_views()
    for _ in range(2):
        actual(app)
    (message,) = caplog.messages
    assert message.startswith("@same_origin at flask/test_neighbours.py:")
    assert (
        "(blueprint 'admin') has no effect: the blueprint is registered, and has no view."
        in message
    )


def test_blueprint_with_a_nested_one_has_views(caplog):
    actual(without_views(nested=True))
    assert caplog.messages == []
