"""What real engines do with random cases, against what the simulator says that they do."""

from __future__ import annotations

import dataclasses
import os
import secrets
from itertools import accumulate

import pytest
from browser.answering import Answering, Ports
from browser.cases import SECURE, Answer, Case, Hop, Place, Step, written
from browser.comparison import disagreement, smallest
from browser.departures import SHOWN_BY, TO_PAGE
from browser.drawing import draw
from browser.engines import CHROMIUM, ENGINES, major_version
from browser.laboratory import Trial, laboratory
from browser.prediction import Prediction

from wsgicors import fetch
from wsgicors.fetch.catalogue import REASONS

SEED = os.environ.get("WSGICORS_SEED") or secrets.token_hex(4)
COUNT = int(os.environ.get("WSGICORS_CASES", "1000"))
# Chromium remembers 1,024 preflights, and then forgets one or the other.
AT_MOST_IN_ONE_BROWSER = 500
# Debian has it, too, beside the release that the simulator is of.
CHROMIUM_150 = dataclasses.replace(
    fetch.CHROMIUM, tainted_answers_are_of="page", ends_same_origin_credentials=False
)
SIMULATED = {"chromium": fetch.CHROMIUM, "firefox": fetch.FIREFOX, "webkit": fetch.WEBKIT}


class Bench:
    """Where a browser and its simulator are compared.

    :param attempt: has the browser try cases.
    :param usual: the (lower-case) headers that it sends with everything.
    """

    def __init__(self, name, attempt, engine, usual):
        self.name = name
        self._attempt = attempt
        self._engine = engine
        self._usual = usual

    def disagreements(self, cases):
        return [disagreement(trial, self._engine, self._usual) for trial in self._attempt(cases)]

    def report(self, names, cases):
        """Nothing, or the first case on which there is disagreement, as a test for this file."""
        found = [each for each in zip(names, cases, self.disagreements(cases)) if each[2]]
        if not found:
            return ""
        name, case, why = found[0]
        case, why = smallest(case, why, self.disagreements)
        return (
            f"{self.name} and its simulator disagree on {len(found)} of {len(cases)} cases; "
            f"the first, made simpler, is\n\n"
            f"@pytest.mark.browser\n"
            f"def test_{name}(bench):\n"
            f"    # {why}\n"
            f"    agrees(bench, {written(case, '    ')})\n"
        )


def agrees(bench, case):
    report = bench.report(["the_case"], [case])
    if report:
        pytest.fail(report, pytrace=False)


@pytest.fixture(params=ENGINES, ids=[engine.name for engine in ENGINES])
def bench(request):
    with laboratory(request.param) as lab:
        name = request.param.name
        is_older = request.param is CHROMIUM and major_version(CHROMIUM) <= 150
        simulated = CHROMIUM_150 if is_older else SIMULATED[name]
        yield Bench(name, lab.try_, simulated, lab.usual)


@pytest.mark.browser
@pytest.mark.parametrize("first", range(0, COUNT, AT_MOST_IN_ONE_BROWSER))
def test_random_cases_go_as_the_simulator_says(bench, first):
    numbers = range(first, min(first + AT_MOST_IN_ONE_BROWSER, COUNT))
    names = [f"case_{number}_of_{SEED}" for number in numbers]
    report = bench.report(names, [draw(name) for name in names])
    if report:
        pytest.fail(f"{report}\n(WSGICORS_SEED={SEED} draws the same cases again)", pytrace=False)


@pytest.mark.browser
def test_what_shows_a_departure_goes_as_the_simulator_says(bench):
    cases = {name: case for names in SHOWN_BY.items() for name, case in _numbered(*names)}
    report = bench.report(list(cases), list(cases.values()))
    if report:
        pytest.fail(report, pytrace=False)


ANNOUNCED = tuple(Answer(status, (TO_PAGE,)) for status in (100, 102, 103, 199))


@pytest.mark.browser
def test_what_is_told_of_an_https_page_over_plain_http_goes_as_the_simulator_says(bench):
    moved = Answer(307, (TO_PAGE, ("Location", "$1")))
    steps = [Step(method, mode=mode) for method in ("GET", "POST") for mode in ("no-cors", "cors")]
    cases = [
        Case(Place(port=SECURE), hops, (step,))
        for hops in ((Hop(),), (Hop(Place(port=SECURE), (moved,)), Hop()))
        for step in steps
    ]
    report = bench.report([f"case_{number}" for number in range(len(cases))], cases)
    if report:
        pytest.fail(report, pytrace=False)


@pytest.mark.browser
@pytest.mark.parametrize("page", [Place(), Place(port=SECURE)], ids=["http", "https"])
def test_a_status_that_only_announces_an_answer_goes_as_the_simulator_says(bench, page):
    cases = [
        Case(page, (Hop(Place(port=page.port or 1), (answer,), (answer,)),), (Step(method),))
        for answer in ANNOUNCED
        for method in ("GET", "PUT")
    ]
    report = bench.report([f"case_{number}" for number in range(len(cases))], cases)
    if report:
        pytest.fail(report, pytrace=False)


def _numbered(name, cases):
    return [(f"{name}_{number}", case) for number, case in enumerate(cases)]


# --- what the differential itself is worth -------------------------------------------------------


def simulated(engine):
    """An attempt of cases by a simulator in the place of a browser."""

    def attempt(cases):
        return [simulated_trial(engine, case) for case in cases]

    return attempt


def simulated_trial(engine, case):
    sitting = Answering(Ports((8001, 8002, 8003))).bring(case, "id")
    # Far off, so that time passes by the steps alone.
    moments = [{"began": 1e12 + seconds} for seconds in accumulate(s.pause for s in case.steps)]
    prediction = Prediction(Trial(sitting, moments), engine)
    outcomes = [{**one, **other} for one, other in zip(moments, prediction.outcomes)]
    return Trial(prediction.sitting, outcomes)


DEPARTURES = [
    (name, field)
    for name, engine in SIMULATED.items()
    for field, value in vars(engine).items()
    if field != "name" and value != getattr(fetch.STANDARD, field)
]
# Ten minutes is too long to wait; the laboratory sees to it that the first time is over; where third
# parties get no cookies at all, it does not matter what the others count as; and servers of tests listen
# where a port is free.
NOT_SHOWN = {
    *((name, "max_age_ceiling") for name in SIMULATED),
    ("chromium", "allowed_ports"),
    ("firefox", "distrusts_addresses_once"),
    ("webkit", "default_same_site"),
}


@pytest.mark.parametrize(("name", "field"), sorted({*DEPARTURES} - NOT_SHOWN))
def test_every_departure_makes_a_difference_to_a_case(name, field):
    engine = SIMULATED[name]
    without = dataclasses.replace(engine, **{field: getattr(fetch.STANDARD, field)})
    bench = Bench(name, simulated(engine), without, {})
    assert any(bench.disagreements(SHOWN_BY[field]))


def test_a_departure_is_found_and_printed_as_a_ready_test_that_fails():
    bench = Bench("chromium", simulated(fetch.CHROMIUM), fetch.STANDARD, {})
    names = [f"case_{number}" for number in range(50)]
    report = bench.report(names, [draw(name) for name in names])
    source = report.partition("\n\n")[2]
    namespace = dict(globals())
    exec(source, namespace)
    (test,) = (namespace[name] for name in namespace.keys() - globals() if name.startswith("test"))
    with pytest.raises(pytest.fail.Exception, match="disagree on 1 of 1 cases"):
        test(bench)
    test(Bench("chromium", simulated(fetch.CHROMIUM), fetch.CHROMIUM, {}))


def test_a_case_is_made_as_simple_as_can_be():
    case = Case(
        hops=(
            Hop(
                place=Place("127.0.0.1", port=1),
                actuals=(Answer(headers=(("X-Total", "1"), ("Access-Control-Allow-Origin", "*"))),),
                policy=(("allow_origins", "*"), ("allow_headers", "*"), ("max_age", "600")),
            ),
            Hop(),
        ),
        steps=(
            Step(),
            Step("PUT", headers=(("X-A", "1"), ("Authorization", "x")), credentials="omit"),
        ),
    )
    bench = Bench("chromium", simulated(fetch.CHROMIUM), fetch.STANDARD, {})
    (why,) = bench.disagreements([case])
    case, why = smallest(case, why, bench.disagreements)
    assert case == Case(
        hops=(Hop(policy=(("allow_origins", "*"), ("allow_headers", "*"))),),
        steps=(Step(headers=(("Authorization", "x"),)),),
    )
    assert why == (
        "the browser: request 'GET $0', header accept '*/*', header authorization 'x', "
        "header origin 'http://localhost:8001'; the simulator: outcome 'TypeError'"
    )


def test_a_case_keeps_the_hops_that_it_names():
    moved = Answer(302, (("Location", "$scheme1//user:pw@$host1"),))
    case = Case(Place(), (Hop(Place(), (moved,)), Hop(Place(), policy=(("max_age", "600"),))))
    bench = Bench("chromium", simulated(fetch.CHROMIUM), fetch.STANDARD, {})
    (why,) = bench.disagreements([case])
    case, _ = smallest(case, why, bench.disagreements)
    assert case == Case(Place(), (Hop(Place(), (moved,)), Hop(Place())))


def test_random_cases_meet_every_reason_for_a_refusal():
    """All but three: every address is one of this machine by HTTP, and other cases announce answers."""
    trials = [simulated_trial(fetch.STANDARD, draw(f"case {number}")) for number in range(1000)]
    met = {reason for trial in trials for reason in Prediction(trial, fetch.STANDARD).reasons}
    assert met >= REASONS.keys() - {"mixed-content", "not-http", "status-not-final", "unsafe-port"}
    assert met >= {"basic", "cors", "opaque", "opaqueredirect"}
