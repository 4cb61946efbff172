"""Every scenario of the demonstration, once: what the page does, under which policy, and what must come of it."""

from __future__ import annotations

from typing import Any

from .checks import (
    PAGE,
    Check,
    actuals,
    exposes,
    fails_with,
    finds,
    has,
    hides,
    lacks,
    loads,
    logs,
    preflight_status,
    preflights,
    reads,
    refused,
    status,
)
from .scenario import ByHand, Fields, Group, Scenario, Step

SHARED_WITH_ALL: Fields = {"allow_origins": "*"}
SHARED_WITH_PAGE: Fields = {"allow_origins": [PAGE]}
SHARED_WITH_NOBODY: Fields = {"allow_origins": []}
SHARED_WITH_ANOTHER: Fields = {"allow_origins": ["https://app.example.com"]}
WITH_CREDENTIALS: Fields = {"allow_origins": [PAGE], "allow_credentials": True}

ALLOW_PAGE = ("Access-Control-Allow-Origin", PAGE)
ALLOW_ALL = ("Access-Control-Allow-Origin", "*")
ALLOW_CREDENTIALS = ("Access-Control-Allow-Credentials", "true")

PERSON = "<person><name>guest</name></person>"


def fetch(path: str, **options: Any) -> Step:
    """A step that calls ``fetch()``; beside its own options, ``site="same-site"`` picks the API's other address."""
    return {"do": "fetch", "path": path, **options}


def wait(seconds: float) -> Step:
    """A step that lets time pass."""
    return {"do": "wait", "seconds": seconds}


FONT_WITHOUT_CORS = Check("WebKit loads fonts without CORS", lacks("request", "Origin").holds)

USES = (
    Scenario(
        id="fetch",
        title="fetch()",
        why="A script may call any origin, but reads only what that origin shares with the page's.",
        steps=(fetch("/items"),),
        policy=SHARED_WITH_PAGE,
        checks=(
            reads(),
            has("request", "Origin", PAGE),
            has("answer", "Access-Control-Allow-Origin", PAGE),
        ),
    ),
    Scenario(
        id="xhr",
        title="XMLHttpRequest",
        why="The older interface is held to the same protocol as fetch().",
        steps=({"do": "xhr", "path": "/items"},),
        policy=SHARED_WITH_PAGE,
        checks=(reads(), has("request", "Origin", PAGE), preflights(0)),
    ),
    Scenario(
        id="font-face-css",
        title="Web font, @font-face in a style sheet",
        why="Fonts are always requested with CORS, so static files need the same headers as the API.",
        steps=({"do": "css-font", "path": "/static/letters.woff"},),
        policy=SHARED_WITH_ALL,
        checks=(
            loads("The font"),
            has("request", "Origin", PAGE),
            has("answer", "Access-Control-Allow-Origin", "*"),
        ),
        departs=FONT_WITHOUT_CORS,
    ),
    Scenario(
        id="font-face-css-refused",
        title="Web font, @font-face, not shared",
        why="Without the header the font arrives and the browser drops it; the text keeps its fallback.",
        steps=({"do": "css-font", "path": "/static/letters.woff"},),
        policy=SHARED_WITH_NOBODY,
        checks=(refused(), status(200), lacks("answer", "Access-Control-Allow-Origin")),
        allowed=False,
        departs=FONT_WITHOUT_CORS,
    ),
    Scenario(
        id="font-face-script",
        title="Web font, new FontFace()",
        why="A font that a script loads goes the same way.",
        steps=({"do": "script-font", "path": "/static/letters.woff"},),
        policy=SHARED_WITH_PAGE,
        checks=(loads("The font"), has("answer", "Access-Control-Allow-Origin", PAGE)),
        departs=FONT_WITHOUT_CORS,
    ),
    Scenario(
        id="webgl",
        title="WebGL texture",
        why="A texture must be an image that was loaded with CORS, or shaders could read its pixels.",
        steps=({"do": "webgl", "path": "/static/half.png", "crossOrigin": "anonymous"},),
        policy=SHARED_WITH_PAGE,
        checks=(loads("The texture"), has("request", "Origin", PAGE)),
    ),
    Scenario(
        id="webgl-tainted",
        title="WebGL texture from an image without crossorigin",
        why="An image that was loaded without CORS may be shown, but never becomes a texture.",
        steps=({"do": "webgl", "path": "/static/half.png"},),
        policy=SHARED_WITH_PAGE,
        checks=(
            fails_with("SecurityError", "The texture is refused"),
            lacks("request", "Origin"),
            status(200),
        ),
        allowed=False,
    ),
    Scenario(
        id="canvas",
        title="Image on a canvas",
        why="Pixels of a foreign image can be read back only when it was loaded with CORS.",
        steps=({"do": "canvas", "path": "/static/half.png", "crossOrigin": "anonymous"},),
        policy=SHARED_WITH_PAGE,
        checks=(
            loads("A pixel"),
            has("answer", "Access-Control-Allow-Origin", PAGE),
            has("answer", "Vary", "Origin"),
        ),
    ),
    Scenario(
        id="canvas-tainted",
        title="Image on a canvas, without crossorigin",
        why="The image is drawn, and the canvas is tainted from then on: reading it throws.",
        steps=({"do": "canvas", "path": "/static/half.png"},),
        policy=SHARED_WITH_PAGE,
        checks=(
            fails_with("SecurityError", "The canvas is tainted"),
            lacks("request", "Origin"),
            status(200),
        ),
        allowed=False,
    ),
    Scenario(
        id="canvas-refused",
        title="Image on a canvas, crossorigin, not shared",
        why="With crossorigin set the image does not even load when the server does not share it.",
        steps=({"do": "canvas", "path": "/static/half.png", "crossOrigin": "anonymous"},),
        policy=SHARED_WITH_NOBODY,
        checks=(refused(), status(200), has("request", "Origin", PAGE)),
        allowed=False,
    ),
    Scenario(
        id="video",
        title="Video frame on a canvas",
        why="What holds for images holds for the frames of a video.",
        steps=({"do": "video", "path": "/static/square.webm", "crossOrigin": "anonymous"},),
        policy=SHARED_WITH_PAGE,
        checks=(loads("A pixel of the frame"), has("request", "Origin", PAGE)),
    ),
    Scenario(
        id="video-tainted",
        title="Video frame on a canvas, without crossorigin",
        why="The video plays, and its frame taints the canvas.",
        steps=({"do": "video", "path": "/static/square.webm"},),
        policy=SHARED_WITH_PAGE,
        checks=(fails_with("SecurityError", "The canvas is tainted"), lacks("request", "Origin")),
        allowed=False,
    ),
    Scenario(
        id="shape",
        title="CSS shape from an image",
        why="shape-outside reads the transparent pixels of an image, so it is always loaded with CORS.",
        steps=({"do": "shape", "path": "/static/half.png"},),
        policy=SHARED_WITH_PAGE,
        checks=(loads("The shape"), has("request", "Origin", PAGE)),
    ),
    Scenario(
        id="shape-refused",
        title="CSS shape from an image, not shared",
        why="The text flows around the whole box, as if there were no shape.",
        steps=({"do": "shape", "path": "/static/half.png"},),
        policy=SHARED_WITH_NOBODY,
        checks=(refused(), status(200)),
        allowed=False,
    ),
    Scenario(
        id="module",
        title="Module script",
        why="Unlike a classic script, a module is always loaded with CORS.",
        steps=({"do": "module", "path": "/static/module.js"},),
        policy=SHARED_WITH_PAGE,
        checks=(loads("The module"), has("request", "Origin", PAGE)),
    ),
    Scenario(
        id="module-refused",
        title="Module script, not shared",
        why="The module arrives and is not run.",
        steps=({"do": "module", "path": "/static/module.js"},),
        policy=SHARED_WITH_NOBODY,
        checks=(refused(), status(200)),
        allowed=False,
    ),
    Scenario(
        id="no-cors",
        title="fetch() in no-cors mode",
        why="The request is sent without the protocol; the script gets an opaque response that tells it nothing.",
        steps=(fetch("/items", mode="no-cors"),),
        policy=SHARED_WITH_NOBODY,
        checks=(
            finds("type", "opaque", "The response is opaque"),
            finds("text", "", "Its body is empty for the script"),
            status(200),
            lacks("request", "Origin"),
        ),
    ),
)

SIMPLE = (
    Scenario(
        id="simple-get-all",
        title="GET, shared with everybody",
        why="A literal * shares with every origin; the answer is the same for all, so nothing varies.",
        steps=(fetch("/items"),),
        policy=SHARED_WITH_ALL,
        checks=(
            reads(),
            preflights(0),
            has("answer", "Access-Control-Allow-Origin", "*"),
            lacks("answer", "Vary"),
        ),
    ),
    Scenario(
        id="simple-get-one",
        title="GET, shared with one origin",
        why="When the answer names one origin, Vary: Origin keeps caches from serving it to another.",
        steps=(fetch("/items"),),
        policy=SHARED_WITH_PAGE,
        checks=(
            reads(),
            preflights(0),
            has("answer", "Access-Control-Allow-Origin", PAGE),
            has("answer", "Vary", "Origin"),
        ),
    ),
    Scenario(
        id="simple-head",
        title="HEAD",
        why="HEAD is a CORS-safelisted method: no preflight.",
        steps=(fetch("/items", method="HEAD"),),
        policy=SHARED_WITH_PAGE,
        checks=(reads(), preflights(0), has("answer", "Access-Control-Allow-Origin", PAGE)),
    ),
    Scenario(
        id="simple-post-form",
        title="POST of a form",
        why="HTML forms could always send this across origins, so it needs no permission to be sent.",
        steps=(
            fetch(
                "/items",
                method="POST",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                body="name=guest",
            ),
        ),
        policy=SHARED_WITH_PAGE,
        checks=(reads(), preflights(0), has("request", "Origin", PAGE)),
    ),
    Scenario(
        id="simple-post-text",
        title="POST of plain text, safelisted headers",
        why="text/plain, Accept-Language and the like are CORS-safelisted request-headers.",
        steps=(
            fetch(
                "/items",
                method="POST",
                headers={
                    "Content-Type": "text/plain",
                    "Accept-Language": "en",
                    "Content-Language": "en",
                },
                body="guest",
            ),
        ),
        policy=SHARED_WITH_PAGE,
        checks=(reads(), preflights(0), has("request", "Accept-Language", "en")),
    ),
    Scenario(
        id="simple-post-refused",
        title="POST, not shared with the page",
        why="CORS guards the reading. A simple request still reaches the server and is carried out.",
        steps=(
            fetch("/items", method="POST", headers={"Content-Type": "text/plain"}, body="guest"),
        ),
        policy=SHARED_WITH_ANOTHER,
        checks=(
            refused(),
            status(200),
            lacks("answer", "Access-Control-Allow-Origin"),
            has("answer", "Vary", "Origin"),
        ),
        allowed=False,
    ),
)

PREFLIGHTED = (
    Scenario(
        id="pingother",
        title="POST of XML with X-PINGOTHER",
        why="The example of MDN's guide: a content type that no form can send, and a header of its own.",
        steps=(
            fetch(
                "/doc",
                method="POST",
                headers={"Content-Type": "text/xml", "X-PINGOTHER": "pingpong"},
                body=PERSON,
            ),
        ),
        policy={
            "allow_origins": [PAGE],
            "allow_methods": ["POST", "GET", "OPTIONS"],
            "allow_headers": ["X-PINGOTHER", "Content-Type"],
            "max_age": 86400,
        },
        checks=(
            reads(),
            preflights(1),
            has("preflight", "Origin", PAGE),
            has("preflight", "Access-Control-Request-Method", "POST"),
            has("preflight", "Access-Control-Request-Headers", "content-type,x-pingother"),
            preflight_status(204),
            has("preflight answer", "Access-Control-Allow-Origin", PAGE),
            has("preflight answer", "Access-Control-Allow-Methods", "POST, GET, OPTIONS"),
            has("preflight answer", "Access-Control-Allow-Headers", "X-PINGOTHER, Content-Type"),
            has("preflight answer", "Access-Control-Max-Age", "86400"),
            has("request", "X-PINGOTHER", "pingpong"),
            lacks("request", "Access-Control-Request-Method"),
            lacks("request", "Access-Control-Request-Headers"),
            has("answer", "Content-Encoding", "gzip"),
            has("answer", "Vary", "Accept-Encoding, Origin"),
        ),
    ),
    Scenario(
        id="put-json",
        title="PUT of JSON",
        why="PUT is not a safelisted method and JSON not a safelisted content type: the browser asks first.",
        steps=(
            fetch(
                "/items/1",
                method="PUT",
                headers={"Content-Type": "application/json"},
                body='{"name": "guest"}',
            ),
        ),
        policy={
            "allow_origins": [PAGE],
            "allow_methods": ["PUT"],
            "allow_headers": ["Content-Type"],
        },
        checks=(reads(), preflights(1), has("preflight", "Access-Control-Request-Method", "PUT")),
    ),
    Scenario(
        id="upload-listener",
        title="XMLHttpRequest with an upload listener",
        why="Listening to the progress of an upload makes even a simple POST ask first.",
        steps=({"do": "xhr", "path": "/items", "method": "POST", "body": "guest", "upload": True},),
        policy=SHARED_WITH_PAGE,
        checks=(reads(), preflights(1), lacks("preflight", "Access-Control-Request-Headers")),
    ),
    Scenario(
        id="preflight-origin-refused",
        title="Preflight from an origin that is not allowed",
        why="A preflight that is refused keeps the actual request from being sent at all.",
        steps=(fetch("/items/1", method="DELETE"),),
        policy={"allow_origins": ["https://app.example.com"], "allow_methods": ["DELETE"]},
        checks=(
            refused(),
            preflight_status(403),
            lacks("preflight answer", "Access-Control-Allow-Origin"),
            actuals(0),
        ),
        allowed=False,
    ),
    Scenario(
        id="preflight-method-refused",
        title="Method that is not in the list",
        why="The answer is a success that names what is allowed; the browser compares, and its console names what is missing.",
        steps=(fetch("/items/1", method="DELETE"),),
        policy={"allow_origins": [PAGE], "allow_methods": ["GET", "PUT"]},
        checks=(
            refused(),
            preflight_status(204),
            has("preflight answer", "Access-Control-Allow-Methods", "GET, PUT"),
            actuals(0),
        ),
        allowed=False,
    ),
    Scenario(
        id="preflight-header-refused",
        title="Header that is not in the list",
        why="Each header that is not safelisted must be named.",
        steps=(fetch("/items", headers={"X-Requested-By": "the demo", "X-Trace": "1"}),),
        policy={"allow_origins": [PAGE], "allow_headers": ["X-Requested-By"]},
        checks=(
            refused(),
            preflight_status(204),
            has("preflight answer", "Access-Control-Allow-Headers", "X-Requested-By"),
            actuals(0),
        ),
        allowed=False,
    ),
)

REDIRECTS = (
    Scenario(
        id="preflight-redirected",
        title="Preflight answered with a redirect",
        why="Browsers follow no redirect of a preflight: the Fetch standard wants an ok status.",
        steps=(fetch("/folder", method="PUT"),),
        by_hand=ByHand(
            307,
            preflight=(ALLOW_PAGE, ("Access-Control-Allow-Methods", "PUT"), ("Location", "/items")),
        ),
        checks=(refused(), preflights(1), preflight_status(307), actuals(0)),
        allowed=False,
    ),
    Scenario(
        id="slash-redirect",
        title="Flask's trailing-slash redirect",
        why="wsgicors answers the preflight ahead of the redirect; the actual request then follows it, asking anew.",
        steps=(fetch("/folder", method="PUT"),),
        policy={"allow_origins": [PAGE], "allow_methods": ["PUT"]},
        checks=(
            reads(),
            finds("redirected", True, "The response is marked as redirected"),
            preflights(2),
            preflight_status(204),
            actuals(2),
        ),
    ),
    Scenario(
        id="actual-redirected",
        title="Redirect of a simple request",
        why="An actual request may be redirected; the redirect itself must be shared too.",
        steps=(fetch("/moved"),),
        policy=SHARED_WITH_PAGE,
        checks=(
            reads(),
            finds("redirected", True, "The response is marked as redirected"),
            actuals(2),
            has("request", "Origin", PAGE),
        ),
    ),
    Scenario(
        id="redirected-elsewhere",
        title="Redirect to a third origin",
        why="After a redirect from one foreign origin to another the request's origin is tainted: Origin: null.",
        steps=(fetch("/moved-elsewhere"),),
        policy=SHARED_WITH_ALL,
        checks=(reads(), actuals(2), has("request", "Origin", "null")),
    ),
    Scenario(
        id="redirected-elsewhere-refused",
        title="Redirect to a third origin that lists only the page",
        why="The page's own origin is allowed there, but null is not the page's origin.",
        steps=(fetch("/moved-elsewhere"),),
        policy=SHARED_WITH_PAGE,
        checks=(refused(), actuals(2), has("request", "Origin", "null")),
        allowed=False,
    ),
)

LOGIN = fetch("/login", method="POST", credentials="include", site="same-site")

CREDENTIALS = (
    Scenario(
        id="credentials-include",
        title='Cookie, credentials: "include"',
        why="The cookie travels, and the response is readable because the server says Allow-Credentials: true.",
        steps=(LOGIN, fetch("/account", credentials="include", site="same-site")),
        policy=WITH_CREDENTIALS,
        checks=(
            reads(),
            preflights(0),
            has("request", "Cookie", "session=guest"),
            has("answer", "Access-Control-Allow-Credentials", "true"),
            has("answer", "Access-Control-Allow-Origin", PAGE),
            has("answer", "Vary", "Origin"),
        ),
    ),
    Scenario(
        id="credentials-xhr",
        title="Cookie, withCredentials = true",
        why="The same for XMLHttpRequest.",
        steps=(
            LOGIN,
            {"do": "xhr", "path": "/account", "withCredentials": True, "site": "same-site"},
        ),
        policy=WITH_CREDENTIALS,
        checks=(reads(), has("request", "Cookie", "session=guest")),
    ),
    Scenario(
        id="credentials-same-origin",
        title='Cookie, credentials: "same-origin"',
        why="The default: to another origin no cookie travels, whatever the server would allow.",
        steps=(LOGIN, fetch("/account", credentials="same-origin", site="same-site")),
        policy=WITH_CREDENTIALS,
        checks=(reads(401), lacks("request", "Cookie")),
    ),
    Scenario(
        id="credentials-omit",
        title='Cookie, credentials: "omit"',
        why="No cookie is sent, and none in the response would be kept.",
        steps=(LOGIN, fetch("/account", credentials="omit", site="same-site")),
        policy=WITH_CREDENTIALS,
        checks=(reads(401), lacks("request", "Cookie")),
    ),
    Scenario(
        id="credentials-refused",
        title="Credentialed GET without Allow-Credentials",
        why="It is not preflighted: the server answers, and the browser throws the response away.",
        steps=(fetch("/items", credentials="include"),),
        policy=SHARED_WITH_PAGE,
        checks=(
            refused(),
            preflights(0),
            status(200),
            has("answer", "Access-Control-Allow-Origin", PAGE),
            lacks("answer", "Access-Control-Allow-Credentials"),
        ),
        allowed=False,
    ),
    Scenario(
        id="http-authentication",
        title="HTTP authentication, set by the script",
        why="Authorization is no safelisted header: it must be named, and a * would not cover it.",
        steps=(fetch("/account", headers={"Authorization": "Basic YXJ1bjpzZWNyZXQ="}),),
        policy={"allow_origins": [PAGE], "allow_headers": ["Authorization"]},
        checks=(
            reads(),
            has("preflight", "Access-Control-Request-Headers", "authorization"),
            lacks("preflight", "Authorization"),
            has("request", "Authorization", "Basic YXJ1bjpzZWNyZXQ="),
        ),
    ),
)

PREFLIGHT_CREDENTIALS = (
    Scenario(
        id="preflight-without-credentials",
        title="Preflight ahead of authentication",
        why="A preflight never carries credentials; it is answered before the hook that demands a session sees it.",
        steps=(LOGIN, fetch("/account", method="PUT", credentials="include", site="same-site")),
        policy={"allow_origins": [PAGE], "allow_methods": ["PUT"], "allow_credentials": True},
        checks=(
            reads(),
            preflights(1),
            lacks("preflight", "Cookie"),
            preflight_status(204),
            has("preflight answer", "Access-Control-Allow-Credentials", "true"),
            has("request", "Cookie", "session=guest"),
        ),
    ),
    Scenario(
        id="preflight-behind-login",
        title="Preflight that meets the login first",
        why="A server that asks for a session before it looks at CORS locks every preflight out.",
        steps=(fetch("/account", method="PUT", credentials="include"),),
        by_hand=ByHand(
            401, preflight=(ALLOW_PAGE, ALLOW_CREDENTIALS, ("Access-Control-Allow-Methods", "PUT"))
        ),
        checks=(refused(), lacks("preflight", "Cookie"), preflight_status(401), actuals(0)),
        allowed=False,
    ),
    Scenario(
        id="preflight-no-allow-credentials",
        title="Preflight answer without Allow-Credentials",
        why="The answer to the preflight must already say that credentials may be used.",
        steps=(fetch("/items/1", method="PUT", credentials="include"),),
        policy={"allow_origins": [PAGE], "allow_methods": ["PUT"]},
        checks=(
            refused(),
            preflight_status(204),
            lacks("preflight answer", "Access-Control-Allow-Credentials"),
            actuals(0),
        ),
        allowed=False,
    ),
)

WILDCARDS = (
    Scenario(
        id="wildcard-origin-include",
        title="Allow-Origin: * and a request with credentials",
        why="With credentials * is no wildcard: the response is thrown away.",
        steps=(fetch("/items", credentials="include"),),
        policy=SHARED_WITH_ALL,
        checks=(refused(), status(200), has("answer", "Access-Control-Allow-Origin", "*")),
        allowed=False,
    ),
    Scenario(
        id="wildcard-origin-true",
        title="Allow-Origin: * beside Allow-Credentials: true",
        why="The pair means nothing to a browser; wsgicors refuses to be configured so.",
        steps=(fetch("/items", credentials="include"),),
        by_hand=ByHand(actual=(ALLOW_ALL, ALLOW_CREDENTIALS)),
        checks=(refused(), status(200)),
        allowed=False,
    ),
    Scenario(
        id="wildcard-headers",
        title="Allow-Headers: * with credentials",
        why="It then names a header called *, and no other.",
        steps=(fetch("/items", credentials="include", headers={"X-Trace": "1"}),),
        by_hand=ByHand(
            preflight=(ALLOW_PAGE, ALLOW_CREDENTIALS, ("Access-Control-Allow-Headers", "*"))
        ),
        checks=(refused(), preflight_status(204), actuals(0)),
        allowed=False,
    ),
    Scenario(
        id="wildcard-methods",
        title="Allow-Methods: * with credentials",
        why="It then names a method called *, and no other.",
        steps=(fetch("/items/1", method="PUT", credentials="include"),),
        by_hand=ByHand(
            preflight=(ALLOW_PAGE, ALLOW_CREDENTIALS, ("Access-Control-Allow-Methods", "*"))
        ),
        checks=(refused(), preflight_status(204), actuals(0)),
        allowed=False,
    ),
    Scenario(
        id="wildcard-expose",
        title="Expose-Headers: * with credentials",
        why="The response is readable, but the * exposes nothing.",
        steps=(fetch("/items", credentials="include"),),
        by_hand=ByHand(
            actual=(
                ALLOW_PAGE,
                ALLOW_CREDENTIALS,
                ("Access-Control-Expose-Headers", "*"),
                ("X-Trace", "1"),
            )
        ),
        checks=(reads(), hides("X-Trace")),
    ),
    Scenario(
        id="wildcards-answered",
        title="Any method and any header with credentials, by wsgicors",
        why='allow_methods="*" and allow_headers="*" with credentials are answered with what was asked for.',
        steps=(fetch("/items/1", method="PUT", credentials="include", headers={"X-Trace": "1"}),),
        policy={
            "allow_origins": [PAGE],
            "allow_methods": "*",
            "allow_headers": "*",
            "allow_credentials": True,
        },
        checks=(
            reads(),
            has("preflight answer", "Access-Control-Allow-Methods", "PUT"),
            has("preflight answer", "Access-Control-Allow-Headers", "x-trace"),
        ),
    ),
    Scenario(
        id="wildcards-without-credentials",
        title="Every wildcard, without credentials",
        why="Without credentials * does mean all: any origin, method and header, and every response header exposed.",
        steps=(fetch("/report", method="PUT", headers={"X-Trace": "1"}),),
        policy={
            "allow_origins": "*",
            "allow_methods": "*",
            "allow_headers": "*",
            "expose_headers": "*",
        },
        checks=(
            reads(),
            has("preflight answer", "Access-Control-Allow-Methods", "*"),
            has("preflight answer", "Access-Control-Allow-Headers", "*"),
            exposes("X-Total-Count", "42"),
        ),
    ),
    Scenario(
        id="wildcard-cookie-ignored",
        title="Cookie in a response with Allow-Origin: *",
        why="What * shares was asked for without credentials, and the cookie of such a response is not kept.",
        steps=(
            fetch("/login", method="POST", site="same-site"),
            fetch("/account", credentials="include", site="same-site"),
        ),
        policy=SHARED_WITH_ALL,
        checks=(
            reads(step=0),
            has("request", "Origin", PAGE),
            lacks("request", "Cookie"),
            status(401),
        ),
    ),
    Scenario(
        id="wildcard-cookie-kept",
        title="Cookie in a response that is thrown away",
        why="By the standard cookies are kept before the CORS check: the refused response may still log the user in.",
        steps=(LOGIN, fetch("/account", credentials="include", site="same-site")),
        policy=SHARED_WITH_ALL,
        checks=(refused(step=0), refused(), has("request", "Cookie", "session=guest"), status(200)),
        allowed=False,
    ),
)

THIRD_PARTY = (
    Scenario(
        id="same-site-cookie",
        title="SameSite=Lax cookie to another site",
        why="CORS allows the request, but a Lax cookie is neither kept from nor sent to another site.",
        steps=(
            fetch("/login", method="POST", credentials="include"),
            fetch("/account", credentials="include"),
        ),
        policy=WITH_CREDENTIALS,
        checks=(
            reads(step=0),
            has("answer", "Access-Control-Allow-Credentials", "true"),
            lacks("request", "Cookie"),
            reads(401),
        ),
    ),
    Scenario(
        id="third-party-cookie",
        title="SameSite=None cookie to another site",
        why="Whether it travels is for the browser's third-party rules; CORS has no say in it, and is satisfied either way.",
        steps=(
            fetch("/login?samesite=None", method="POST", credentials="include"),
            fetch("/items", credentials="include"),
        ),
        policy=WITH_CREDENTIALS,
        checks=(reads(step=0), reads(), has("answer", "Access-Control-Allow-Credentials", "true")),
    ),
)

FAILED = (
    Scenario(
        id="failed-check",
        title="A failed check, seen from the script",
        why="The script learns neither status nor reason; the browser's console and the server's log know.",
        steps=(fetch("/items"),),
        policy=SHARED_WITH_ANOTHER,
        checks=(
            fails_with("TypeError", "All that fetch() tells is its usual exception"),
            status(200),
            logs("denied"),
        ),
        allowed=False,
    ),
    Scenario(
        id="error-not-found",
        title="404, readable",
        why="Errors carry the headers as well, so the script sees a 404 and not a riddle.",
        steps=(fetch("/nowhere"),),
        policy=SHARED_WITH_PAGE,
        checks=(reads(404), has("answer", "Access-Control-Allow-Origin", PAGE)),
    ),
    Scenario(
        id="error-crash",
        title="500 from an unhandled exception, readable",
        why="A crash in a view is reported as a crash, not as a CORS error.",
        steps=(fetch("/crash"),),
        policy=SHARED_WITH_PAGE,
        checks=(reads(500), has("answer", "Access-Control-Allow-Origin", PAGE)),
    ),
)

RESPONSE_HEADERS = (
    Scenario(
        id="allow-origin-slash",
        title="Access-Control-Allow-Origin with a trailing slash",
        why="The value must be the origin byte for byte.",
        steps=(fetch("/items"),),
        by_hand=ByHand(actual=(("Access-Control-Allow-Origin", f"{PAGE}/"),)),
        checks=(refused(), status(200)),
        allowed=False,
    ),
    Scenario(
        id="allow-origin-twice",
        title="Access-Control-Allow-Origin twice",
        why="Two authors, the application and a proxy say, make the header void.",
        steps=(fetch("/items"),),
        by_hand=ByHand(actual=(ALLOW_PAGE, ALLOW_PAGE)),
        checks=(refused(), status(200)),
        allowed=False,
    ),
    Scenario(
        id="allow-origin-sole-author",
        title="Access-Control-Allow-Origin from the application too",
        why="wsgicors is the only author: what the view wrote is replaced, so one value arrives.",
        steps=(fetch("/own-headers"),),
        policy=SHARED_WITH_PAGE,
        checks=(reads(), has("answer", "Access-Control-Allow-Origin", PAGE)),
    ),
    Scenario(
        id="expose-headers",
        title="Access-Control-Expose-Headers",
        why="A script reads the safelisted response headers and those that are exposed; Set-Cookie never.",
        steps=(fetch("/report"),),
        policy={"allow_origins": [PAGE], "expose_headers": ["X-Total-Count"]},
        checks=(
            reads(),
            exposes("X-Total-Count", "42"),
            exposes("Content-Type", "application/json"),
            hides("X-Internal"),
        ),
    ),
    Scenario(
        id="expose-nothing",
        title="No Access-Control-Expose-Headers",
        why="The body is readable, the header is not.",
        steps=(fetch("/report"),),
        policy=SHARED_WITH_PAGE,
        checks=(reads(), hides("X-Total-Count"), hides("X-Internal")),
    ),
    Scenario(
        id="max-age",
        title="Access-Control-Max-Age: 600",
        why="The browser keeps the answer for ten minutes: three requests, one preflight.",
        steps=(fetch("/items/1", method="PUT"),) * 3,
        policy={"allow_origins": [PAGE], "allow_methods": ["PUT"], "max_age": 600},
        checks=(
            reads(),
            has("preflight answer", "Access-Control-Max-Age", "600"),
            preflights(1),
            actuals(3),
        ),
        departs=Check(
            "Firefox keeps the second answer that has a Max-Age, not the first", preflights(2).holds
        ),
    ),
    Scenario(
        id="max-age-zero",
        title="Access-Control-Max-Age: 0",
        why="Nothing is kept: each request asks anew.",
        steps=(fetch("/items/1", method="PUT"),) * 2,
        policy={"allow_origins": [PAGE], "allow_methods": ["PUT"], "max_age": 0},
        checks=(
            reads(),
            has("preflight answer", "Access-Control-Max-Age", "0"),
            preflights(2),
            actuals(2),
        ),
    ),
    Scenario(
        id="max-age-default",
        title="No Access-Control-Max-Age: five seconds",
        why="Without the header the answer is kept for the five seconds that the standard gives it.",
        steps=(
            fetch("/items/1", method="PUT"),
            fetch("/items/1", method="PUT"),
            wait(5.5),
            fetch("/items/1", method="PUT"),
        ),
        policy={"allow_origins": [PAGE], "allow_methods": ["PUT"]},
        checks=(
            reads(),
            lacks("preflight answer", "Access-Control-Max-Age"),
            preflights(2),
            actuals(3),
        ),
    ),
    Scenario(
        id="allow-credentials-case",
        title="Access-Control-Allow-Credentials: True",
        why="The only value is true, in lower case; all else is as if it were not there.",
        steps=(fetch("/items", credentials="include"),),
        by_hand=ByHand(actual=(ALLOW_PAGE, ("Access-Control-Allow-Credentials", "True"))),
        checks=(refused(), status(200)),
        allowed=False,
    ),
    Scenario(
        id="allow-methods",
        title="Access-Control-Allow-Methods",
        why="A list of methods, compared byte for byte.",
        steps=(fetch("/items/1", method="PATCH"),),
        policy={"allow_origins": [PAGE], "allow_methods": ["PUT", "PATCH", "DELETE"]},
        checks=(
            reads(),
            has("preflight answer", "Access-Control-Allow-Methods", "PUT, PATCH, DELETE"),
        ),
    ),
    Scenario(
        id="allow-methods-case",
        title="Access-Control-Allow-Methods and a lower-case method",
        why="Browsers correct put to PUT but leave patch alone, and patch is not PATCH.",
        steps=(fetch("/items/1", method="patch"),),
        policy={"allow_origins": [PAGE], "allow_methods": ["PUT", "PATCH", "DELETE"]},
        checks=(refused(), has("preflight", "Access-Control-Request-Method", "patch"), actuals(0)),
        allowed=False,
    ),
    Scenario(
        id="allow-headers",
        title="Access-Control-Allow-Headers",
        why="Names of headers, compared without regard to case.",
        steps=(fetch("/items", headers={"x-trace": "1"}),),
        policy={"allow_origins": [PAGE], "allow_headers": ["X-Trace", "X-Requested-By"]},
        checks=(
            reads(),
            has("preflight answer", "Access-Control-Allow-Headers", "X-Trace, X-Requested-By"),
        ),
    ),
)

REQUEST_HEADERS = (
    Scenario(
        id="origin",
        title="Origin",
        why="Scheme, host and port of the page, never its path; with it the server decides.",
        steps=(fetch("/items", method="POST", body="guest"),),
        policy=SHARED_WITH_PAGE,
        checks=(reads(), has("request", "Origin", PAGE)),
    ),
    Scenario(
        id="origin-null-refused",
        title="Origin: null from a sandboxed frame",
        why="A sandboxed frame has an opaque origin, written null, and that is not the page's.",
        steps=({"do": "sandboxed-fetch", "path": "/items"},),
        policy=SHARED_WITH_PAGE,
        checks=(refused(), status(200), has("request", "Origin", "null")),
        allowed=False,
    ),
    Scenario(
        id="origin-null-listed",
        title="Origin: null, listed by name",
        why='"null" can be listed, never with credentials: any page can put on that origin.',
        steps=({"do": "sandboxed-fetch", "path": "/items"},),
        policy={"allow_origins": [PAGE, "null"]},
        checks=(
            reads(),
            has("request", "Origin", "null"),
            has("answer", "Access-Control-Allow-Origin", "null"),
        ),
    ),
    Scenario(
        id="origin-null-all",
        title="Origin: null, shared with everybody",
        why="What everybody may read a page without an origin may read too.",
        steps=({"do": "sandboxed-fetch", "path": "/items"},),
        policy=SHARED_WITH_ALL,
        checks=(
            reads(),
            has("request", "Origin", "null"),
            has("answer", "Access-Control-Allow-Origin", "*"),
        ),
    ),
    Scenario(
        id="request-method",
        title="Access-Control-Request-Method",
        why="The preflight names the method to come; a GET is asked about too when its headers make it ask.",
        steps=(fetch("/items", headers={"X-Trace": "1"}),),
        policy={"allow_origins": [PAGE], "allow_headers": ["X-Trace"]},
        checks=(
            reads(),
            has("preflight", "Access-Control-Request-Method", "GET"),
            lacks("request", "Access-Control-Request-Method"),
        ),
    ),
    Scenario(
        id="request-headers",
        title="Access-Control-Request-Headers",
        why="Only the names that are not safelisted: in lower case, sorted, with no blank between them.",
        steps=(fetch("/items", headers={"X-Zebra": "1", "Accept": "text/html", "X-Ant": "1"}),),
        policy={"allow_origins": [PAGE], "allow_headers": ["X-Ant", "X-Zebra"]},
        checks=(
            reads(),
            has("preflight", "Access-Control-Request-Headers", "x-ant,x-zebra"),
            lacks("request", "Access-Control-Request-Headers"),
        ),
    ),
    Scenario(
        id="forbidden-headers",
        title="A script that tries to set them itself",
        why="These are forbidden request-headers: the browser drops what the script sets and writes its own.",
        steps=(
            fetch(
                "/items",
                headers={
                    "Origin": "https://app.example.com",
                    "Access-Control-Request-Method": "PUT",
                },
            ),
        ),
        policy=SHARED_WITH_PAGE,
        checks=(
            reads(),
            preflights(0),
            has("request", "Origin", PAGE),
            lacks("request", "Access-Control-Request-Method"),
        ),
    ),
)

#: The headings of the page, in its order.
GROUPS = (
    Group("Which requests use CORS", USES),
    Group("Simple requests", SIMPLE),
    Group("Preflighted requests", PREFLIGHTED),
    Group("Preflights and redirects", REDIRECTS),
    Group("Requests with credentials", CREDENTIALS),
    Group("Preflights and credentials", PREFLIGHT_CREDENTIALS),
    Group("Credentials and wildcards", WILDCARDS),
    Group("Third-party cookies", THIRD_PARTY),
    Group("When a check fails", FAILED),
    Group("The response headers", RESPONSE_HEADERS),
    Group("The request headers", REQUEST_HEADERS),
)

SCENARIOS = {scenario.id: scenario for group in GROUPS for scenario in group.scenarios}
