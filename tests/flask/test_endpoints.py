"""``endpoints=``: settings for views that cannot be decorated, by name, by blueprint, or none at all."""

from __future__ import annotations

import flask
import pytest
from exchanges import ADMIN, EVERYBODY, PAGE, callers
from flask.views import MethodView
from flask_calls import actual, cors_headers, preflight

from wsgicors import ConfigError, Policy
from wsgicors.flask import CORS, cross_origin, same_origin

ROW = pytest.param


def view(**values):
    return "seen"


def shop(*, outer=None, inner=None, secret=view, **endpoints):
    """An application with a blueprint ``admin``, and one nested in it."""
    app = flask.Flask("example")
    admin = flask.Blueprint("admin", __name__, url_prefix="/admin")
    users = flask.Blueprint("users", __name__, url_prefix="/users")
    for blueprint, decorate in ((admin, outer), (users, inner)):
        if decorate is not None:
            decorate(blueprint)
    admin.add_url_rule("/", "index", view)
    users.add_url_rule("/", "list", view, methods=["GET", "PUT"])
    users.add_url_rule("/secret", "secret", secret)
    admin.register_blueprint(users)
    app.register_blueprint(admin)
    app.add_url_rule("/", "index", view)
    app.add_url_rule("/administration", "administration", view)
    CORS(app, allow_origins=[PAGE], **endpoints)
    return app


SHUT = {"allow_origins": []}
OPEN = {"allow_origins": "*"}


def test_name_with_an_asterisk_speaks_for_a_blueprint_and_those_nested_in_it():
    app = shop(endpoints={"admin.*": OPEN})
    assert callers(app, "/admin/") == callers(app, "/admin/users/", "PUT") == EVERYBODY
    assert callers(app) == callers(app, "/administration") == {PAGE}


def test_longer_name_wins():
    app = shop(endpoints={"admin.users.list": OPEN, "admin.users.*": {}, "admin.*": SHUT})
    assert callers(app, "/admin/") == callers(app, "/admin/users/secret") == set()
    assert callers(app, "/admin/users/") == EVERYBODY


@pytest.mark.parametrize("level", ["outer", "inner", "secret"])
def test_decorator_wins_over_a_name_with_an_asterisk(level):
    decorate = cross_origin(allow_origins=[ADMIN])
    said = decorate(lambda: "seen") if level == "secret" else decorate
    app = shop(endpoints={"admin.*": OPEN, "admin.users.*": OPEN}, **{level: said})
    assert callers(app, "/admin/users/secret") == {ADMIN}


# --- not governed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["admin.users.own", "admin.users.*", "admin.*"])
def test_view_that_is_not_governed_answers_itself(name):
    app = flask.Flask("example")
    users = flask.Blueprint("users", __name__)
    admin = flask.Blueprint("admin", __name__)

    def own():
        return "own", {"Access-Control-Allow-Origin": "https://own.example"}

    users.add_url_rule("/own", "own", own, methods=["GET", "PUT", "OPTIONS"])
    admin.register_blueprint(users)
    app.register_blueprint(admin)
    CORS(app, allow_origins=[PAGE], endpoints={name: None})
    for response in (preflight(app, "/own", "PUT"), actual(app, "/own", "PUT")):
        assert response.text == "own"
        assert cors_headers(response) == {"Allow-Origin": "https://own.example"}


def test_flask_answers_the_preflight_of_what_is_not_governed():
    app = shop(endpoints={"admin.users.list": None})
    answer = preflight(app, "/admin/users/", "PUT")
    assert answer.status_code == 200
    assert cors_headers(answer) == {}
    assert "PUT" in answer.headers["Allow"]
    assert callers(app) == {PAGE}


def test_nothing_is_refused_where_nothing_is_governed():
    app = shop(endpoints={"admin.users.list": None}, refuse_denied=True)
    assert actual(app, "/admin/users/", "PUT", origin="https://evil.example").text == "seen"


def test_errors_of_what_is_not_governed_pass_untouched():
    app = flask.Flask("example")
    app.add_url_rule("/gone", "gone", lambda: flask.abort(404))
    CORS(app, allow_origins=[PAGE], endpoints={"gone": None})
    assert cors_headers(actual(app, "/gone")) == {}
    assert cors_headers(actual(app, "/gone", "PUT")) == {}
    assert cors_headers(actual(app, "/missing")) == {"Allow-Origin": PAGE, "Vary": "Origin"}


def test_longer_name_governs_what_a_shorter_one_leaves():
    app = shop(
        endpoints={"admin.*": None, "admin.users.*": {"max_age": 5}, "admin.users.list": OPEN}
    )
    assert cors_headers(actual(app, "/admin/")) == {}
    assert callers(app, "/admin/users/secret") == {PAGE}
    assert callers(app, "/admin/users/") == EVERYBODY


def test_undecorated_view_of_a_decorated_blueprint_can_be_left():
    app = shop(outer=same_origin, endpoints={"admin.users.list": None})
    assert cors_headers(actual(app, "/admin/users/")) == {}
    assert callers(app, "/admin/users/secret") == set()


class Secret(MethodView):
    @same_origin
    def get(self):
        return "seen"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ROW("admin.users.secret", {"secret": cross_origin(max_age=5)(lambda: "seen")}, id="view"),
        ROW("admin.users.secret", {"secret": Secret.as_view("secret")}, id="method of a class"),
        ROW("admin.users.*", {"secret": same_origin(lambda: "seen")}, id="view, by its blueprint"),
        ROW("admin.*", {"inner": same_origin}, id="blueprint, by the one around it"),
        ROW("admin.*", {"outer": same_origin}, id="blueprint"),
    ],
)
def test_what_is_decorated_and_not_governed_is_refused(name, said):
    app = shop(endpoints={name: None}, **said)
    with pytest.raises(ConfigError, match="leave one of them out") as caught:
        actual(app)
    assert {problem.reason for problem in caught.value.problems} == {"decorated-and-not-governed"}
    assert f"endpoints['{name}'] is None" in str(caught.value)
    assert "test_endpoints.py:" in str(caught.value)


# --- what is wrong ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        ROW({"static": "*"}, "write {'allow_origins': '*'}", id="string"),
        ROW({"static": [PAGE]}, f"write {{'allow_origins': ['{PAGE}']}}", id="list"),
        ROW({"static": True}, "write {'allow_origins': ['https://app.example.com']}", id="flag"),
        ROW({"static": False}, f"write {SHUT} to share with nobody, or None if", id="no"),
        ROW({"static": []}, f"write {SHUT} to share with nobody, or None if", id="empty list"),
        ROW({"static": ()}, f"write {SHUT} to share with nobody, or None if", id="empty tuple"),
        ROW({"static": same_origin}, f"write {SHUT} to share with nobody, or None", id="closing"),
        ROW({"static": same_origin()}, f"write {SHUT} to share with nobody", id="decorator"),
        ROW({"static": cross_origin(max_age=5)}, "write {'max_age': 5}, or None", id="opening"),
        ROW({"static": {3: "*"}}, "has no fields", id="numbers for fields"),
        ROW({3: OPEN}, "3 is not a name", id="number for a name"),
        ROW("static", "is not a mapping; write endpoints={", id="name alone"),
        ROW(["static"], "is not a mapping; write endpoints={", id="names alone"),
        ROW({"*": OPEN}, "write the fields there", id="all"),
        ROW({"admin*": OPEN}, "'admin.*'", id="asterisk without a dot"),
        ROW({"*.list": OPEN}, "'admin.*'", id="asterisk in front"),
        ROW({"static": {"orgins": "*"}}, "write allow_origins", id="misspelled field"),
    ],
)
def test_what_says_nothing_is_refused_at_once(endpoints, said):
    with pytest.raises(ConfigError) as caught:
        CORS(flask.Flask("example"), allow_origins=[], endpoints=endpoints)
    assert said in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        CORS(allow_origins=[], endpoints={"a": "*", "b": {"max_age": -1}, 3: None, "c": None})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ROW("view_4l", "write 'view_4'", id="misspelled"),
        ROW("admin", "write 'admin.*'", id="blueprint without the asterisk"),
        ROW("admn.*", "write 'admin.*'", id="misspelled blueprint"),
        ROW("pineapple", "flask routes", id="nothing like it"),
        ROW(
            "admin.index.*", "there is no endpoint 'admin.index.*'", id="pattern without endpoints"
        ),
    ],
)
def test_name_that_is_not_there_is_told_the_nearest_ones(name, said):
    app = flask.Flask("example")
    admin = flask.Blueprint("admin", __name__)
    admin.add_url_rule("/admin", "index", view)
    app.register_blueprint(admin)
    for number in range(60):
        app.add_url_rule(f"/{number}", f"view_{number}", view)
    CORS(app, allow_origins=[], endpoints={name: OPEN})
    with pytest.raises(ConfigError) as caught:
        actual(app)
    assert said in str(caught.value)
    assert str(caught.value).count("view_") <= 4


def test_policy_may_stand_for_fields_behind_a_blueprint_too():
    app = shop(endpoints={"admin.*": Policy(allow_origins=[ADMIN])})
    assert callers(app, "/admin/users/") == {ADMIN}


def told_of_nothing_set(caplog):
    return [record for record in caplog.records if "sets no field" in record.getMessage()]


@pytest.mark.parametrize("said", [{}, Policy()])
@pytest.mark.parametrize("name", ["index", "admin.*", "admin.users.list"])
@pytest.mark.parametrize("more", [{}, {"trial": {"allow_origins": "*"}}])
def test_endpoint_for_which_no_field_is_set_is_told_of_once(said, name, more, caplog):
    app = shop(endpoints={name: said}, **more)
    for path in ("/", "/admin/", "/admin/users/"):
        assert callers(app, path) == {PAGE}
    (record,) = told_of_nothing_set(caplog)
    assert (record.name, record.levelname) == ("wsgicors", "WARNING")
    for part in (f"endpoints[{name!r}] at flask/", '{"allow_origins": []}', "None", "leave"):
        assert part in record.getMessage()


@pytest.mark.parametrize(
    "endpoints",
    [
        ROW({"admin.*": SHUT, "index": None}, id="fields or None"),
        ROW({"admin.*": None, "admin.users.*": {}}, id="governed in a blueprint that is not"),
        ROW({"admin.*": None, "admin.users.list": {}}, id="governed in one that is further out"),
        ROW(
            {"admin.users.*": None, "admin.users.list": {}}, id="governed beside those that are not"
        ),
    ],
)
def test_endpoint_of_which_anything_is_said_is_not_told_of(endpoints, caplog):
    assert actual(shop(endpoints=endpoints)).status_code == 200
    assert told_of_nothing_set(caplog) == []


def test_endpoint_for_which_no_field_is_set_where_nothing_is_set_is_an_error_alone(caplog):
    app = flask.Flask("example")
    app.add_url_rule("/", "index", view)
    CORS(app, endpoints={"index": {}})
    with pytest.raises(ConfigError, match="nothing is shared by default"):
        actual(app)
    assert told_of_nothing_set(caplog) == []


def test_parentheses_without_fields_are_not_told_of(caplog):
    app = shop(outer=cross_origin(), secret=cross_origin()(lambda: "seen"))
    assert callers(app, "/admin/users/secret") == {PAGE}
    assert told_of_nothing_set(caplog) == []


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["admin"], 1),
        (["admin", "admin.*"], 0),
        (["admin.users"], 1),
        (["admin.*"], 0),
        (["open"], 0),
    ],
)
def test_a_view_that_is_called_as_a_blueprint_is_told(names, told, caplog):
    app = shop(endpoints=dict.fromkeys(names, SHUT))
    for name in ("admin", "admin.users", "open"):
        app.add_url_rule(f"/{name}", name, lambda: "a view of its own")
    for _ in range(2):
        actual(app)
    lines = [each.getMessage() for each in caplog.records if "of the same name" in each.msg]
    assert len(lines) == told
    assert all(f"write '{names[0]}.*'" in line and "test_endpoints.py" in line for line in lines)


def admin_of_an_extension(rules, **options):
    """Of each view, it makes a blueprint; the first page is one of them."""
    app = flask.Flask("example", **options)
    for endpoint, rule in rules.items():
        name, _, view_name = endpoint.rpartition(".")
        blueprint = flask.Blueprint(name, __name__) if name else app
        blueprint.add_url_rule(rule, view_name, lambda: "seen")
        if name:
            app.register_blueprint(blueprint)
    return app


PAGES = {"admin.index": "/admin/", "user.index": "/admin/user/", "home": "/administration"}


@pytest.mark.parametrize(
    ("rules", "endpoints", "told"),
    [
        (PAGES, {"admin.*": SHUT}, "'user.index'"),
        ({**PAGES, "me": "/admin"}, {"admin.*": SHUT}, "'user.index', 'me'"),
        (
            {"admin.users": "/admin/users/<name>", "home": "/admin/users"},
            {"admin.*": SHUT},
            "'home'",
        ),
        (PAGES, {"admin.*": SHUT, "user.*": SHUT}, None),
        (PAGES, {"admin.*": SHUT, "user.*": {"allow_origins": [ADMIN]}}, None),
        (PAGES, {"admin.*": SHUT, "user.*": None}, None),
        (PAGES, {"admin.*": {"allow_origins": [ADMIN]}}, None),
        (PAGES, {"admin.index": SHUT}, None),
        (PAGES, {"user.*": SHUT}, None),
        ({"admin.index": "/", "home": "/home"}, {"admin.*": SHUT}, None),
        ({"admin.index": "/<name>", "home": "/home/"}, {"admin.*": SHUT}, None),
    ],
)
def test_what_is_open_below_a_blueprint_that_is_closed_by_its_name_is_told(
    rules, endpoints, told, caplog
):
    app = admin_of_an_extension(rules)
    CORS(app, allow_origins=[PAGE], endpoints=endpoints)
    for _ in range(2):
        actual(app)
    lines = [each.getMessage() for each in caplog.records if "such URLs, too" in each.msg]
    assert len(lines) == (told is not None)
    assert all(f"not closed: {told}." in line and "'admin.*'" in line for line in lines)


def test_the_prefix_of_a_blueprint_counts_where_it_has_one(caplog):
    app = flask.Flask("example")
    blueprint = flask.Blueprint("admin", __name__, url_prefix="/admin")
    blueprint.add_url_rule("/users", "users", lambda: "users")
    app.register_blueprint(blueprint)
    app.add_url_rule("/admin/export", "export", lambda: "all")
    CORS(app, allow_origins=[PAGE], endpoints={"admin.*": SHUT})
    actual(app)
    assert "not closed: 'export'." in caplog.text


def test_other_hosts_have_urls_of_their_own(caplog):
    app = flask.Flask("example", host_matching=True, static_host="a.example")
    blueprint = flask.Blueprint("admin", __name__)
    blueprint.add_url_rule("/admin/", "index", lambda: "seen", host="a.example")
    app.register_blueprint(blueprint)
    app.add_url_rule("/admin/x", "x", lambda: "seen", host="b.example")
    CORS(app, allow_origins=[PAGE], endpoints={"admin.*": SHUT})
    actual(app)
    assert "such URLs, too" not in caplog.text


# --- views that have more than one endpoint --------------------------------------------------------


def twice(app):
    """An application with a blueprint that is registered twice, and a view that has two endpoints."""
    pay = flask.Blueprint("pay", __name__)
    pay.add_url_rule("/charge", "charge", view, methods=["POST"])
    app.register_blueprint(pay, url_prefix="/v1", name="pay_v1")
    app.register_blueprint(pay, url_prefix="/v2", name="pay_v2")
    app.add_url_rule("/report", "report", twice_routed)
    app.add_url_rule("/old-report", "old_report", twice_routed)
    return app


def test_views_without_routes_are_nothing_to_tell(caplog):
    app = twice(flask.Flask("example"))
    app.view_functions["unrouted"] = twice_routed
    CORS(app, allow_origins=[PAGE], endpoints={"report": SHUT, "old_report": SHUT})
    actual(app)
    assert caplog.messages == []


def twice_routed():
    return "seen"


@pytest.mark.parametrize(
    ("endpoints", "others"),
    [
        ROW({"pay_v1.*": SHUT}, "'pay_v2.charge'", id="blueprint"),
        ROW({"pay_v1.charge": SHUT}, "'pay_v2.charge'", id="endpoint of a blueprint"),
        ROW({"report": SHUT}, "'old_report'", id="endpoint"),
        ROW({"report": {"allow_origins": [PAGE]}}, "'old_report'", id="narrower"),
        ROW({"pay_v1.*": {"refuse_denied": True}}, "'pay_v2.charge'", id="refusing"),
        ROW({"report": {"allow_credentials": False}}, "'old_report'", id="no credentials"),
        ROW({"report": SHUT, "old_report": {"max_age": 5}}, "'old_report'", id="something else"),
    ],
)
def test_what_is_said_of_one_endpoint_of_a_view_and_not_of_the_others_is_told(
    endpoints, others, caplog
):
    app = twice(flask.Flask("example"))
    CORS(app, allow_origins=[PAGE, ADMIN], allow_credentials=True, endpoints=endpoints)
    actual(app)
    (line,) = [each for each in caplog.messages if "has more of them" in each]
    assert line.startswith("endpoints['")
    assert f"not hold: {others}. Name" in line


@pytest.mark.parametrize(
    "endpoints",
    [
        ROW({"pay_v1.*": SHUT, "pay_v2.*": SHUT}, id="both"),
        ROW({"pay_v1.*": SHUT, "pay_v2.charge": {"allow_origins": [ADMIN]}}, id="both, otherwise"),
        ROW({"pay_v1.*": {"allow_origins": "*", "allow_credentials": False}}, id="wider"),
        ROW({"report": {"allow_origins": ["https://partner.example"]}}, id="others"),
        ROW({"report": {"max_age": 60, "refuse_denied": False}}, id="neither"),
        ROW({"report": None}, id="not governed"),
    ],
)
def test_what_is_said_of_one_endpoint_of_a_view_may_be_no_narrower(endpoints, caplog):
    app = twice(flask.Flask("example"))
    CORS(app, allow_origins=[PAGE, ADMIN], endpoints=endpoints)
    actual(app)
    assert caplog.messages == []


def test_one_function_for_many_views_of_blueprints_is_nothing_to_tell(caplog):
    app = shop(endpoints={"admin.users.*": SHUT})
    actual(app)
    assert not any("has more of them" in each for each in caplog.messages)
