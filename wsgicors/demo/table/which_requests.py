"""The guide's section: which requests use CORS."""

from __future__ import annotations

from ...fetch.sentences import N_
from ..checks import (
    PAGE,
    Check,
    fails_with,
    finds,
    has,
    lacks,
    loads,
    preflights,
    reads,
    refused,
    status,
)
from ..scenario import Group, Scenario
from .parts import SHARED_WITH_ALL, SHARED_WITH_NOBODY, SHARED_WITH_PAGE, fetch

FONT_WITHOUT_CORS = Check(N_("WebKit loads fonts without CORS"), lacks("request", "Origin").holds)

GROUP = Group(
    "which-requests",
    N_("Which requests use CORS"),
    (
        Scenario(
            id="fetch",
            title=N_("fetch()"),
            why=N_(
                "A script may call any origin. It reads only what that origin shares with the origin of the page."
            ),
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
            title=N_("XMLHttpRequest"),
            why=N_("The older interface follows the same protocol as fetch()."),
            steps=({"do": "xhr", "path": "/items"},),
            policy=SHARED_WITH_PAGE,
            checks=(reads(), has("request", "Origin", PAGE), preflights(0)),
        ),
        Scenario(
            id="font-face-css",
            title=N_("Web font, @font-face in a style sheet"),
            why=N_(
                "Browsers always request fonts with CORS, so static files need the same headers as the API."
            ),
            steps=({"do": "css-font", "path": "/static/letters.woff"},),
            policy=SHARED_WITH_ALL,
            checks=(
                loads(N_("The font can be used")),
                has("request", "Origin", PAGE),
                has("answer", "Access-Control-Allow-Origin", "*"),
            ),
            departs=FONT_WITHOUT_CORS,
        ),
        Scenario(
            id="font-face-css-refused",
            title=N_("Web font, @font-face, not shared"),
            why=N_(
                "The font arrives without the header, and the browser drops it. The text keeps its fallback font."
            ),
            steps=({"do": "css-font", "path": "/static/letters.woff"},),
            policy=SHARED_WITH_NOBODY,
            checks=(refused(), status(200), lacks("answer", "Access-Control-Allow-Origin")),
            allowed=False,
            departs=FONT_WITHOUT_CORS,
        ),
        Scenario(
            id="font-face-script",
            title=N_("Web font, new FontFace()"),
            why=N_("A font that a script loads needs the header too."),
            steps=({"do": "script-font", "path": "/static/letters.woff"},),
            policy=SHARED_WITH_PAGE,
            checks=(
                loads(N_("The font can be used")),
                has("answer", "Access-Control-Allow-Origin", PAGE),
            ),
            departs=FONT_WITHOUT_CORS,
        ),
        Scenario(
            id="webgl",
            title=N_("WebGL texture"),
            why=N_(
                "Shaders can read pixels, so a texture must be an image that was loaded with CORS."
            ),
            steps=({"do": "webgl", "path": "/static/half.png", "crossOrigin": "anonymous"},),
            policy=SHARED_WITH_PAGE,
            checks=(loads(N_("The texture can be used")), has("request", "Origin", PAGE)),
        ),
        Scenario(
            id="webgl-tainted",
            title=N_("WebGL texture from an image without crossorigin"),
            why=N_(
                "The page may show an image that was loaded without CORS, but may not use it as a texture."
            ),
            steps=({"do": "webgl", "path": "/static/half.png"},),
            policy=SHARED_WITH_PAGE,
            checks=(
                fails_with("SecurityError", N_("The texture is refused ({name})")),
                lacks("request", "Origin"),
                status(200),
            ),
            allowed=False,
        ),
        Scenario(
            id="canvas",
            title=N_("Image on a canvas"),
            why=N_(
                "A script can read the pixels of a foreign image only if the image was loaded with CORS."
            ),
            steps=({"do": "canvas", "path": "/static/half.png", "crossOrigin": "anonymous"},),
            policy=SHARED_WITH_PAGE,
            checks=(
                loads(N_("A pixel can be used")),
                has("answer", "Access-Control-Allow-Origin", PAGE),
                has("answer", "Vary", "Origin"),
            ),
        ),
        Scenario(
            id="canvas-tainted",
            title=N_("Image on a canvas, without crossorigin"),
            why=N_(
                "The image is drawn. From then on the canvas is tainted, and reading it raises an error."
            ),
            steps=({"do": "canvas", "path": "/static/half.png"},),
            policy=SHARED_WITH_PAGE,
            checks=(
                fails_with("SecurityError", N_("The canvas is tainted ({name})")),
                lacks("request", "Origin"),
                status(200),
            ),
            allowed=False,
        ),
        Scenario(
            id="canvas-refused",
            title=N_("Image on a canvas, crossorigin, not shared"),
            why=N_("With crossorigin, an image that the server does not share does not even load."),
            steps=({"do": "canvas", "path": "/static/half.png", "crossOrigin": "anonymous"},),
            policy=SHARED_WITH_NOBODY,
            checks=(refused(), status(200), has("request", "Origin", PAGE)),
            allowed=False,
        ),
        Scenario(
            id="video",
            title=N_("Video frame on a canvas"),
            why=N_("The rules for images are also the rules for the frames of a video."),
            steps=({"do": "video", "path": "/static/square.webm", "crossOrigin": "anonymous"},),
            policy=SHARED_WITH_PAGE,
            checks=(loads(N_("A pixel of the frame can be used")), has("request", "Origin", PAGE)),
        ),
        Scenario(
            id="video-tainted",
            title=N_("Video frame on a canvas, without crossorigin"),
            why=N_("The video plays, and its frame taints the canvas."),
            steps=({"do": "video", "path": "/static/square.webm"},),
            policy=SHARED_WITH_PAGE,
            checks=(
                fails_with("SecurityError", N_("The canvas is tainted ({name})")),
                lacks("request", "Origin"),
            ),
            allowed=False,
        ),
        Scenario(
            id="shape",
            title=N_("CSS shape from an image"),
            why=N_(
                "shape-outside reads the transparent pixels of an image, so browsers always load it with CORS."
            ),
            steps=({"do": "shape", "path": "/static/half.png"},),
            policy=SHARED_WITH_PAGE,
            checks=(loads(N_("The shape can be used")), has("request", "Origin", PAGE)),
        ),
        Scenario(
            id="shape-refused",
            title=N_("CSS shape from an image, not shared"),
            why=N_("The text flows around the whole box, as if there were no shape."),
            steps=({"do": "shape", "path": "/static/half.png"},),
            policy=SHARED_WITH_NOBODY,
            checks=(refused(), status(200)),
            allowed=False,
        ),
        Scenario(
            id="module",
            title=N_("Module script"),
            why=N_("Browsers always load a module with CORS, unlike a classic script."),
            steps=({"do": "module", "path": "/static/module.js"},),
            policy=SHARED_WITH_PAGE,
            checks=(loads(N_("The module can be used")), has("request", "Origin", PAGE)),
        ),
        Scenario(
            id="module-refused",
            title=N_("Module script, not shared"),
            why=N_("The module arrives, and the browser does not run it."),
            steps=({"do": "module", "path": "/static/module.js"},),
            policy=SHARED_WITH_NOBODY,
            checks=(refused(), status(200)),
            allowed=False,
        ),
        Scenario(
            id="no-cors",
            title=N_("fetch() in no-cors mode"),
            why=N_(
                "The browser sends the request without CORS. The script gets an opaque response, which tells it nothing."
            ),
            steps=(fetch("/items", mode="no-cors"),),
            policy=SHARED_WITH_NOBODY,
            checks=(
                finds("type", "opaque", N_("The response is opaque")),
                finds("text", "", N_("Its body is empty for the script")),
                status(200),
                lacks("request", "Origin"),
            ),
        ),
    ),
)
