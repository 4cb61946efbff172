"""What readers of the documentation get: pages that are built, on screens of each width, in plain English."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from urllib.parse import quote

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


@pytest.mark.browser
@each_language
def test_a_message_of_a_console_is_found_in_the_translated_documentation(built_in, language):
    for code in ("preflight-status", "allow-origin-missing"):
        for lines in CATALOGUE[code].consoles.values():
            said = lines[0].replace("...", "https://api.example.com/items")
            found = told_by(built_in(language), SEARCH.replace("WORDS", quote(said)))
            assert "troubleshooting.html" in found[:3], said


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
