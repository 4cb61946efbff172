"""The demonstration in Korean and Japanese: complete, in the field's own terms, and chosen rightly."""

from __future__ import annotations

import re
import string
from io import BytesIO
from itertools import chain
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from browser.driver import drive
from browser.engines import CHROMIUM, ENGINES
from werkzeug.test import Client

from wsgicors import diagnosis, fetch
from wsgicors.demo import words
from wsgicors.demo.problems import LEADS
from wsgicors.demo.scenario import Addresses
from wsgicors.demo.servers import Demo, running
from wsgicors.demo.table import GROUPS, SCENARIOS
from wsgicors.fetch.catalogue import CATALOGUE, link
from wsgicors.fetch.catalogue import PAGE as EXPLANATIONS

DEMO = Path(words.__file__).parent
TRANSLATED = [language for language in words.LANGUAGES if language != "en"]
PAGE = "http://localhost:7070"

# The same as in pyproject.toml, which Babel's command reads.
# By its path, because Babel finds no entry points of others on Python 3.9.
METHODS = [
    ("**.py", "python"),
    ("static/**.js", "javascript"),
    ("templates/**.html", "jinja2.ext:babel_extract"),
]
KEYWORDS = {"_": None, "N_": None, "t": None}
SOURCES = (DEMO, Path(fetch.__file__).parent)

#: What the field calls them in Korean and Japanese; MDN's translations use the same.
TERMS = {
    r"\bpreflight": {"ko": "사전 요청", "ja": "プリフライト"},
    r"(?<![-{])\borigins?\b(?![:}])": {"ko": "출처", "ja": "オリジン"},
    r"\bcredentials\b(?![:=])": {"ko": "자격 증명", "ja": "資格情報"},
    r"\bsafelisted\b": {"ko": "안전 목록", "ja": "セーフリスト"},
    r"\bcookies?\b": {"ko": "쿠키", "ja": "Cookie"},
    r"\bwildcards?\b": {"ko": "와일드카드", "ja": "ワイルドカード"},
}

each_language = pytest.mark.parametrize("language", TRANSLATED)


def catalogue(language):
    with (DEMO / "locale" / language / "LC_MESSAGES" / "demo.po").open("rb") as file:
        return read_po(file, locale=language)


def sentences(language):
    return {message.id: message for message in catalogue(language) if message.id}


def in_the_sources():
    found = [extract_from_dir(folder, METHODS, keywords=KEYWORDS) for folder in SOURCES]
    return {sentence for _, _, sentence, _, _ in chain(*found)}


@each_language
def test_every_sentence_is_translated_and_none_is_left_over(language):
    translated = {sentence for sentence, message in sentences(language).items() if message.string}
    assert translated == in_the_sources()


@each_language
def test_no_translation_is_fuzzy_or_obsolete(language):
    assert not [message.id for message in sentences(language).values() if message.fuzzy]
    assert not catalogue(language).obsolete


@each_language
def test_what_is_compiled_is_what_is_written(language):
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    file = DEMO / "locale" / language / "LC_MESSAGES" / "demo.mo"
    assert file.read_bytes() == compiled.getvalue(), "run: tox run -e words"


def names_in_braces(sentence):
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


@each_language
def test_each_translation_keeps_what_is_filled_in(language):
    for sentence, message in sentences(language).items():
        assert names_in_braces(message.string) == names_in_braces(sentence)


@each_language
def test_each_translation_keeps_names_of_headers_fields_and_codes(language):
    code = re.compile(r"[\w-]*[a-z]-[A-Z][\w-]*|\w+\(\)|\w+_\w+|\*|\b[A-Z]{3,}\b|null", re.ASCII)
    for sentence, message in sentences(language).items():
        missing = set(code.findall(sentence)) - set(code.findall(message.string))
        assert not missing, f"{sentence!r} lost {missing}"


@each_language
@pytest.mark.parametrize("term", TERMS)
def test_the_terms_are_those_of_the_field(language, term):
    found = [m for s, m in sentences(language).items() if re.search(term, s)]
    assert found
    for message in found:
        assert TERMS[term][language] in message.string, message.id


def test_every_row_is_marked_for_translation():
    checks = [check for row in SCENARIOS.values() for check in (*row.checks, row.departs) if check]
    texts = {group.title for group in GROUPS} | {check.sentence for check in checks}
    texts |= {text for row in SCENARIOS.values() for text in (row.title, row.why)}
    assert texts <= in_the_sources()


# --- the choice -----------------------------------------------------------------------------------


@pytest.fixture
def page():
    addresses = Addresses(PAGE, "http://127.0.0.1:7071", "http://localhost:7071")
    return Client(Demo(addresses).page.app)


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", None, "en"),
        ("", "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("", "de,ja;q=0.5", "ja"),
        ("", "de", "en"),
        ("", "\x80;q=x,,;", "en"),
        ("?lang=ja", "ko", "ja"),
        ("?lang=en", "ko", "en"),
        ("?lang=../../etc", "ko", "ko"),
        ("?lang=", "ko", "ko"),
    ],
)
def test_the_language_is_that_of_the_link_or_else_of_the_browser(page, query, accepted, language):
    headers = {"Accept-Language": accepted} if accepted else {}
    text = page.get(f"/{query}", base_url=PAGE, headers=headers).text
    assert f'<html lang="{language}">' in text
    assert f'lang="{language}" hreflang="{language}" aria-current="true"' in text


@each_language
def test_rows_and_what_is_expected_are_translated(page, language):
    row = page.get(f"/scenarios?lang={language}", base_url=PAGE).json["groups"][0]["scenarios"][0]
    known = {message.string for message in sentences(language).values()}
    assert row["why"] in known
    options = {"base_url": PAGE, "headers": {"Origin": PAGE}}
    body = {"scenario": "fetch", "policy": {"allow_origins": ""}}
    begun = page.post(f"/runs?lang={language}", json=body, **options).json
    assert begun["checks"][0] in known


# --- refusals ------------------------------------------------------------------------------------

# Four words in a row: what is left in English is names and code.
ENGLISH = re.compile(r"[A-Za-z']+(?: [a-z']+){3}")
CLOSED = {"allow_origins": ""}
FOR_EVERYBODY = {"allow_origins": "*"}


def fault(page, language, row, fields):
    options = {"base_url": PAGE, "headers": {"Origin": PAGE}}
    body = {"scenario": row, "policy": fields}
    run = page.post("/runs", json=body, **options).json["run"]
    url = f"/runs/{run}/results?lang={language}"
    return page.post(url, json={"results": []}, **options).json["fault"]


@each_language
@pytest.mark.parametrize("fields", [None, CLOSED, FOR_EVERYBODY], ids=["its own", "closed", "all"])
def test_no_sentence_of_a_refusal_stays_english(page, language, fields):
    faults = [fault(page, language, row, fields) for row in SCENARIOS]
    told = [each[part] for each in faults if each for part in ("title", "why", "remedy")]
    assert len(told) > 30
    assert [text for text in told if ENGLISH.search(text)] == []


def test_a_refusal_in_english_is_english(page):
    assert ENGLISH.search(fault(page, "en", "fetch", CLOSED)["why"])


@pytest.mark.parametrize("row", ["simple-get-one", "preflight-behind-login"])
def test_each_refusal_leads_to_its_explanation(page, row):
    told = fault(page, "ko", row, CLOSED)
    file, _, anchor = told["more"].partition("#")
    explained = page.get(f"/{file}", base_url=PAGE).text
    assert '<html lang="ko">' in explained
    assert f'id="{anchor}"' in explained
    assert told["title"] in explained


def test_what_is_explained_has_the_anchors_that_check_names(page):
    explained = page.get("/troubleshooting.html", base_url=PAGE).text
    assert [code for code in CATALOGUE if f'id="{code}"' not in explained] == []
    assert [link(code) for code in CATALOGUE if not link(code).startswith("troubleshooting")] == []


@each_language
def test_what_is_explained_is_translated(page, language):
    explained = page.get(f"/troubleshooting.html?lang={language}", base_url=PAGE).text
    in_the_language = re.sub(r'<dd lang="en">.*?</dd>', "", explained, flags=re.DOTALL)
    assert ENGLISH.findall(re.sub(r"<[^>]+>", "", in_the_language)) == []


# --- policies that cannot be used ----------------------------------------------------------------

#: What a person may type, by the code of what is wrong with it.
WRONG = {
    "anybodys-origin": {"allow_origins": "file://", "allow_credentials": "true"},
    "blank-or-control": {"allow_origins": "https://a\x00.example"},
    "default-port": {"allow_origins": "https://a.example:443"},
    "forbidden": {"allow_origins": "*", "allow_methods": "TRACE"},
    "insecure-origin": {"allow_origins": "http://a.example", "allow_credentials": "true"},
    "ip-address": {"allow_origins": "http://1.2.3"},
    "malformed": {"allow_origins": "*", "allow_methods": "G(T"},
    "missing": {"allow_methods": "GET"},
    "no-scheme": {"allow_origins": "localhost"},
    "not-ascii": {"allow_origins": "https://bücher.example"},
    "not-normalized": {"allow_origins": "*", "allow_methods": "put"},
    "null-with-credentials": {"allow_origins": "null", "allow_credentials": "true"},
    "null-with-refuse-denied": {"allow_origins": "null", "refuse_denied": "true"},
    "origin-not-allowed": {
        "allow_origins": "https://a.example",
        "allow_credentials": "https://b.example",
    },
    "out-of-range": {"allow_origins": "*", "max_age": "-1"},
    "path": {"allow_origins": "https://a.example/"},
    "port": {"allow_origins": "https://a.example:99999"},
    "quoted": {"allow_origins": "'https://a.example'"},
    "public-suffix": {"allow_origins": "https://*.github.io", "allow_credentials": "true"},
    "regular-expression": {"allow_origins": r"https://.*\.example"},
    "too-long": {"allow_origins": f"https://{'a' * 5000}.example"},
    "trailing-dot": {"allow_origins": "https://a.example."},
    "unknown-field": {"allow_origins": "*", "orgins": "*"},
    "upper-case": {"allow_origins": "https://A.example"},
    "user-info": {"allow_origins": "https://me@a.example"},
    "wildcard": {"allow_origins": "https://a.*.example"},
    "wildcard-among-others": {"allow_origins": "* https://a.example"},
    "wildcard-with-credentials": {"allow_origins": "*", "allow_credentials": "true"},
    "wrong-header": {"allow_origins": "*", "allow_headers": "Access-Control-Allow-Origin"},
    "wrong-type": {"allow_origins": "*", "max_age": "soon"},
}


def test_each_lead_is_for_a_mistake_that_can_be_made():
    assert set(LEADS) == set(WRONG)


def test_each_fault_of_an_origin_has_its_lead():
    assert {reason for reason, _, _ in diagnosis._FAULTS} - {"empty"} <= set(LEADS)


@pytest.mark.parametrize("code", WRONG)
@each_language
def test_a_mistake_in_a_policy_is_told_in_the_language_first(page, language, code):
    options = {"base_url": PAGE, "headers": {"Origin": PAGE}}
    body = {"scenario": "fetch", "policy": WRONG[code]}
    answer = page.post(f"/runs?lang={language}", json=body, **options)
    assert answer.status_code == 422
    lead = sentences(language)[LEADS[code]].string
    assert lead in [problem["lead"] for problem in answer.json["problems"]]


# --- in a browser ---------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("engine", ENGINES, ids=[engine.name for engine in ENGINES])
@each_language
def test_the_page_speaks_the_language(engine, language):
    script = """
        await until(() => find("#fetch").dataset.state === "expected");
        tell([find("#fetch .status").textContent.trim().slice(2), find("#run-all").textContent]);
    """
    with running(0, 0) as demo:
        told = drive(demo, engine, script, f"?lang={language}#run=fetch")
    known = sentences(language)
    assert told == [known["Allowed, as expected"].string, known["Run all"].string]


@pytest.mark.browser
@pytest.mark.parametrize(("file", "content"), [("", ".row"), (EXPLANATIONS, ".explained")])
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_nothing_is_cut_off_on_a_narrow_screen(language, file, content):
    script = """
        // This script is in the frame too.
        if (self !== top) await new Promise(() => {});
        const frame = document.createElement("iframe");
        Object.assign(frame.style, { width: "390px", height: "844px" });
        frame.src = "FILE" + location.search;
        document.body.append(frame);
        const inner = (selector) => frame.contentDocument?.querySelectorAll(selector) ?? [];
        await until(() => inner("CONTENT").length);
        for (const opener of inner(".opener")) opener.click();
        const root = frame.contentDocument.documentElement;
        const wide = [...inner("body *:not(#sections, #sections *)")]
          .filter((element) => element.getBoundingClientRect().right > root.clientWidth)
          .map((element) => element.outerHTML.slice(0, 120));
        tell({ width: root.clientWidth, scroll: root.scrollWidth, wide: wide.slice(0, 5) });
    """
    with running(0, 0) as demo:
        script = script.replace("FILE", f"/{file}").replace("CONTENT", content)
        told = drive(demo, CHROMIUM, script, f"?lang={language}")
    assert told["wide"] == []
    assert told["scroll"] <= told["width"] <= 390
