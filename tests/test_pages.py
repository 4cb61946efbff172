"""What readers of the documentation get: pages that are built, on screens of each width, in plain English."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from browser.engines import CHROMIUM, visiting
from flask import Flask, request, send_from_directory
from serving import served

from wsgicors.fetch.catalogue import CATALOGUE
from wsgicors.fields import FIELDS

pytest.importorskip("sphinx", reason="Sphinx is installed with the extra docs")
pytest.importorskip("sphinx_copybutton", reason="it is installed with the extra docs")

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    str(page.relative_to(ROOT / "docs").with_suffix("")) for page in (ROOT / "docs").rglob("*.rst")
)
README = ROOT / "README.md"
each_page = pytest.mark.parametrize("page", PAGES)

# Of a frame of some width: what stands out of it, or out of what cannot be scrolled.
MEASURE = """
<!doctype html>
<iframe style="border: 0; height: 900px; width: WIDTHpx"></iframe>
<script type="module">
const frame = document.querySelector("iframe");
const load = (page) => new Promise((resolve) => {
  frame.onload = resolve;
  frame.src = `/${page}.html`;
});
const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
const scrolled = (element) => {
  // A whole page that scrolls sideways does not count.
  for (let at = element; at.localName !== "article"; at = at.parentElement) if (scrolls(at)) return true;
  return false;
};
const told = {};
for (const page of PAGES) {
  await load(page);
  const root = frame.contentDocument.documentElement;
  const inside = [...root.querySelectorAll("article *")].filter((one) => one.getClientRects().length);
  const out = inside.filter((one) =>
    one.getBoundingClientRect().right > root.clientWidth + 1 && !scrolled(one.parentElement) && !scrolled(one));
  const code = inside.filter((one) => one.matches("pre") && one.scrollWidth > one.clientWidth);
  told[page] = {
    wide: root.scrollWidth - root.clientWidth,
    out: out.map((one) => one.outerHTML.slice(0, 200)),
    code: code.map((one) => one.textContent.slice(0, 400)),
  };
}
await fetch("/told", { method: "POST", body: JSON.stringify(told) });
</script>
"""


# What the search of the documentation finds, the best first.
SEARCH = """
<!doctype html>
<iframe src="/search.html?q=WORDS" style="height: 900px; width: 900px"></iframe>
<script type="module">
const links = () => [...document.querySelector("iframe").contentDocument
  .querySelectorAll("#search-results li > a")].map((link) => link.getAttribute("href").split(/[?#]/)[0]);
let before = -1;
// Results are shown one after the other.
while (before < 1 || links().length > before) {
  before = links().length;
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
await fetch("/told", { method: "POST", body: JSON.stringify(links()) });
</script>
"""


# The first of what the search would show, for one text after the other.
SEARCHES = """
<!doctype html>
<iframe src="/search.html"></iframe>
<script type="module">
const page = document.querySelector("iframe").contentWindow;
const until = async (script) => {
  while (!page.eval(script)) await new Promise((resolve) => setTimeout(resolve, 50));
};
await until("document.readyState === 'complete' && typeof Search === 'object' && Search.hasIndex()");
const first = page.eval("(query) => Search._performSearch(...Search._parseQuery(query)).at(-1)");
const told = QUERIES.map((query) => first(query) ?? []).map(([name, , anchor]) => `${name}.html${anchor}`);
await fetch("/told", { method: "POST", body: JSON.stringify(told) });
</script>
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-E", "-W", "-n", "-q", "-b", "html"]
    subprocess.run([*command, ROOT / "docs", folder], check=True, timeout=300)
    return folder


def told_by(built, page):
    """What a page tells that Chromium opens beside the documentation."""
    app = Flask(__name__)
    told = []

    @app.get("/<path:name>")
    def serve(name):
        return send_from_directory(built, name)

    @app.get("/test")
    def test():
        return page

    @app.post("/told")
    def hear():
        told.append(json.loads(request.get_data()))
        return "", 204

    with served(app) as url, visiting(CHROMIUM, f"{url}/test") as visit:
        visit.wait_until(lambda: told, seconds=300)
    return told[0]


def measured(built, width):
    """What stands out of each page at a width in CSS pixels, as Chromium lays it out."""
    return told_by(built, MEASURE.replace("WIDTH", str(width)).replace("PAGES", json.dumps(PAGES)))


@pytest.mark.browser
def test_nothing_is_cut_off_on_a_narrow_screen(built):
    told = measured(built, 390)
    assert {page: it for page, it in told.items() if it["wide"] or it["out"]} == {}


@pytest.mark.browser
def test_code_needs_no_scrolling_on_a_wide_screen(built):
    told = measured(built, 1280)
    assert {page: it for page, it in told.items() if it["wide"] or it["out"] or it["code"]} == {}


@pytest.mark.parametrize(
    "option", [*FIELDS, "routes", "resolve", "endpoints", "trial", "answer_exceptions"]
)
def test_each_option_has_an_anchor_a_type_a_default_and_an_example(built, option):
    page = (built / "options.html").read_text("utf-8")
    anchor = f'<section id="{option.replace("_", "-")}">'
    section = page.partition(anchor)[2].partition("</section>")[0]
    assert all(part in section for part in ("Type", "Default", "highlight-python"))


@pytest.mark.browser
def test_the_search_puts_options_first_and_how_they_are_made_last(built):
    found = told_by(built, SEARCH.replace("WORDS", "header"))
    made = {"design.html", "hot_path.html", "performance.html"}
    last = [page in made for page in found]
    assert any(last)
    assert last == sorted(last)
    assert told_by(built, SEARCH.replace("WORDS", "max_age"))[0] == "options.html"


def test_code_can_be_copied(built):
    assert "copybutton.js" in (built / "tutorial.html").read_text("utf-8")


def paragraphs(built, page):
    """The paragraphs of a page; what is code counts as one word."""
    from docutils import nodes

    tree = pickle.loads((built / ".doctrees" / f"{page}.doctree").read_bytes())
    for paragraph in tree.findall(nodes.paragraph):
        for literal in list(paragraph.findall(nodes.literal)):
            literal.parent.replace(literal, nodes.Text("Code"))
        yield " ".join(paragraph.astext().split())


def paragraphs_of_the_readme():
    text = re.sub(r"^```.*?^```$", "", README.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`]*`", "Code", text)
    return [" ".join(block.split()) for block in text.split("\n\n") if block.strip()]


def sentences(paragraph):
    return re.split(r"(?<=[.?!])[)*\"]*\s+(?=[^a-z])", paragraph)


def assert_reads_well(blocks):
    blocks = [block for block in blocks if block.endswith((".", "?", "!", ":"))]
    assert [block for block in blocks if len(block.split()) > 90] == []
    lengths = [len(sentence.split()) for block in blocks for sentence in sentences(block)]
    assert sum(lengths) <= 20 * len(lengths)
    assert [s for block in blocks for s in sentences(block) if len(s.split()) > 45] == []


@each_page
def test_sentences_and_paragraphs_are_short(built, page):
    assert_reads_well(paragraphs(built, page))


def test_the_readme_has_short_sentences_and_paragraphs():
    assert_reads_well(paragraphs_of_the_readme())


def test_the_readme_has_no_link_that_pypi_cannot_follow():
    links = re.findall(r"\]\(([^)]*)\)", README.read_text("utf-8"))
    assert [link for link in links if not link.startswith("https://")] == []


# --- Korean and Japanese --------------------------------------------------------------------------

TRANSLATED = ("index", "installation", "troubleshooting", "tutorial")
each_language = pytest.mark.parametrize("language", ["ko", "ja"])


def messages(file):
    """The messages of a catalogue, by their sentences in English."""
    lines = file.read_text("utf-8").splitlines(keepends=True)
    return {message.id: message for message in read_po(lines) if message.id}


def translations(language, page):
    return messages(ROOT / "docs" / "locale" / language / "LC_MESSAGES" / f"{page}.po")


@pytest.fixture(scope="module")
def sentences_in_english(tmp_path_factory):
    """The sentences of each translated page, as Sphinx hands them to translators."""
    folder = tmp_path_factory.mktemp("pot")
    sources = [ROOT / "docs" / f"{page}.rst" for page in TRANSLATED]
    command = [sys.executable, "-m", "sphinx", "-E", "-q", "-b", "gettext", ROOT / "docs", folder]
    subprocess.run([*command, *sources], check=True, timeout=300)
    return {page: set(messages(folder / f"{page}.pot")) for page in TRANSLATED}


@each_language
@pytest.mark.parametrize("page", TRANSLATED)
def test_every_sentence_of_the_page_is_translated(sentences_in_english, language, page):
    translated = translations(language, page)
    assert set(translated) == sentences_in_english[page]
    assert [m.id for m in translated.values() if not m.string or m.fuzzy] == []


@each_language
@pytest.mark.parametrize("page", TRANSLATED)
def test_what_is_code_is_the_same_in_each_language(language, page):
    def code(text):
        return sorted(re.findall(r"``(.+?)``", text))

    for message in translations(language, page).values():
        assert code(message.string) == code(message.id)


@pytest.fixture(scope="module")
def built_in(tmp_path_factory):
    """Builds the documentation in a language, without a warning, once."""

    @cache
    def build(language):
        folder = tmp_path_factory.mktemp(language)
        command = [sys.executable, "-m", "sphinx", "-E", "-W", "-n", "-q", "-b", "html"]
        command += ["-D", f"language={language}", ROOT / "docs", folder]
        subprocess.run(command, check=True, timeout=300)
        return folder

    return build


#: Lines as people paste them, with their own URLs in them, and the sections that explain them.
PASTED = {
    "Access to XMLHttpRequest at 'http://127.0.0.1:8000/login' from origin 'http://localhost:3000' has been"
    " blocked by CORS policy: Response to preflight request doesn't pass access control check: No"
    " 'Access-Control-Allow-Origin' header is present on the requested resource.": "allow-origin-missing",
    "Access to fetch at 'https://api.shop.dev/v1?page=2' from origin 'http://localhost:3000' has been blocked by"
    " CORS policy: Request header field x-token is not allowed by Access-Control-Allow-Headers in preflight"
    " response.": "headers-not-allowed",
    "Access to XMLHttpRequest at 'localhost:5000/items' from origin 'http://localhost:3000' has been blocked by"
    " CORS policy: Cross origin requests are only supported for protocol schemes: http, data, https.": "not-http",
    "GET https://shop.local/ net::ERR_CERT_COMMON_NAME_INVALID": "no-connection",
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
    " http://localhost:5001/items. (Reason: CORS request did not succeed). Status code: (null).": "no-connection",
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
    " https://shop.dev/. (Reason: CORS header 'Access-Control-Allow-Origin' missing).": "allow-origin-missing",
    "Preflight response is not successful. Status code: 403": "preflight-status",
    "Origin http://localhost:3000 is not allowed by Access-Control-Allow-Origin.": "allow-origin-missing",
    "does not have HTTP ok status": "preflight-status",
    "Uncaught (in promise) TypeError: Failed to fetch": "the-script-sees-only-that-it-failed",
    # Safari says it of every failure, and where there is no connection it says nothing else.
    "Fetch API cannot load https://api.shop.dev/items?page=2 due to access control"
    " checks.": "the-script-sees-only-that-it-failed",
    "OPTIONS http://localhost:5000/login 401 (Unauthorized)": "preflight-login",
    "OPTIONS https://api.shop.dev/items?page=2 405 (Method Not Allowed)": "preflight-status",
    "OPTIONS 405": "preflight-status",
    "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
    " https://shop.dev/. (Reason: CORS header 'Origin' cannot be added).": "an-extension-of-the-browser",
    "[blocked] The page at https://shop.dev/ was not allowed to display insecure content from"
    " http://api.shop.dev/items.": "mixed-content",
    "(Reason: CORS preflight channel did not succeed)": "preflight-status",
    "Uncaught SecurityError: Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be"
    " exported.": "a-canvas-cannot-be-read",
}


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_a_line_of_a_console_leads_to_the_section_that_explains_it(built_in, language):
    wanted = {pasted: {anchor} for pasted, anchor in PASTED.items()}
    for code, entry in CATALOGUE.items():
        for line in chain(*entry.consoles.values()):
            said = line.replace("...", "https://api.shop.dev/items?page=2")
            wanted.setdefault(said, set()).add(code)
    queries = json.dumps(list(wanted))
    found = told_by(built_in(language), SEARCHES.replace("QUERIES", queries))
    told = dict(zip(wanted, found))
    assert len(told) > 80
    assert {
        said: told[said]
        for said, anchors in wanted.items()
        if told[said] not in {f"troubleshooting.html#{anchor}" for anchor in anchors}
    } == {}


#: What is not in the catalogue of refusals, by a piece of it.
BY_HAND = {
    "cannot be added": "an-extension-of-the-browser",
    "set a forbidden header": "the-script-cannot-set-a-request-header",
}
#: A line of Firefox, with its words for the reason in braces.
LINES = {
    "ko": "교차 출처 요청 차단: 동일 출처 정책으로 인해 http://localhost:5001/items에 있는 원격 리소스를"
    " 차단했습니다. {said}. 상태 코드: 404.",
    "ja": "クロスオリジン要求をブロックしました: 同一生成元ポリシーにより、http://localhost:5001/items にある"
    "リモートリソースの読み込みは拒否されます {said}。ステータスコード: 404",
}


def said_by_firefox(language):
    """What Firefox says in a language, by what it says in English."""
    return {message.id: message.string for message in translations(language, "firefox").values()}


@each_language
def test_what_firefox_says_of_cors_is_known_in_each_language(language):
    said = said_by_firefox(language)
    page = (ROOT / "docs" / "troubleshooting.rst").read_text("utf-8")
    now, older = page.split("Older releases of browsers")
    older, rest = older.split("The cookie does not arrive", 1)
    lines = set(re.findall(r"^\* Firefox: ``(\(Reason: .*)``", now + rest, re.MULTILINE))
    assert len(lines) > 15
    assert lines - set(said) == set()
    assert [line for line in said if f"* Firefox: ``{line}``" not in page] == []


@pytest.mark.browser
@each_language
def test_what_firefox_says_leads_to_its_section(built_in, language):
    wanted = {}
    for english, said in said_by_firefox(language).items():
        filled = said.replace("...", "https://api.shop.dev/items?page=2")
        pasted = LINES[language].format(said=filled) if "(Reason" in english else filled
        codes = [code for code, entry in CATALOGUE.items() if english in entry.firefox]
        by_hand = [anchor for piece, anchor in BY_HAND.items() if piece in english]
        wanted[pasted] = codes + by_hand
    found = told_by(built_in(language), SEARCHES.replace("QUERIES", json.dumps(list(wanted))))
    told = dict(zip(wanted, (link.partition("#")[2] for link in found)))
    assert {said: told[said] for said, anchors in wanted.items() if told[said] not in anchors} == {}


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", {"trailing slash": "howto/advice", "environment variable": "howto/localhost"}),
        ("en", {"whitelist": "options"}),
        ("ko", {"프리플라이트": "glossary#term-preflight", "로컬호스트": "howto/localhost"}),
        ("ko", {"인증": "howto/cookies", "오리진": "glossary#term-origin"}),
        ("ja", {"クッキー": "troubleshooting", "ローカルホスト": "howto/localhost"}),
        ("ja", {"認証": "howto/cookies", "資格情報": "glossary#term-credentials"}),
    ],
)
def test_words_that_the_pages_do_not_use_lead_to_those_that_they_use(built_in, language, wanted):
    found = told_by(built_in(language), SEARCHES.replace("QUERIES", json.dumps(list(wanted))))
    assert dict(zip(wanted, (link.replace(".html", "") for link in found))) == wanted


@each_language
def test_the_translated_documentation_is_built_without_a_warning(built_in, language):
    files = [built_in(language) / f"{page}.html" for page in ("tutorial", "flask")]
    built = [file.read_text("utf-8") for file in files]
    assert f'<html class="no-js" lang="{language}"' in built[0]
    drawings = re.findall(r'<svg[^>]* class="drawing".*?</svg>', "".join(built), re.DOTALL)
    labels = re.findall(r'<(?:title|text(?! class="[^"]*code))[^>]*>([^<]+)', "".join(drawings))
    assert len(drawings) == 4
    assert [label for label in labels if label.isascii() and label != "API"] == []


@each_language
def test_the_translated_readme_has_the_same_examples_and_chapters(language):
    def parts(text):
        return re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL), text.count("\n## ")

    translated = ROOT / f"README.{language}.md"
    assert parts(translated.read_text("utf-8")) == parts(README.read_text("utf-8"))
