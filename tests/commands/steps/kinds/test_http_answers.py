"""`http` knows an answer from a log-in page, refuses what could never be met, and shows no secret that an answer brings."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from commands.steps.base import execute
from state.errors import BadPage
from tests.commands.steps.making import box, context, plan
from tests.pages import small
from tests.production import answer
from tests.world import World

PAGE = "<!doctype html><title>Please log in</title>"
JOBS = 'web = "api"\npath = "/api/jobs"\n'
SHOP = 'web = "api"\npath = "/shop"\n'
JWT = "eyJhbGciOi.SESSION.abc"


def found(toml: str, text: str, status: int = 200) -> tuple[str, str]:
    world = World()
    world.on_web("", answer(status, text=text))
    outcome = execute(box("http", toml), context(world))
    assert outcome.measures["failed"] == (outcome.state == "failed")
    return outcome.state, outcome.summary


@pytest.mark.parametrize(
    ("shape", "good", "bad"),
    [
        ("json", ['{"a": 1}', "[]", "3"], [PAGE, " ", "ok", '{"a": NaN}']),
        ("list", ["[]", '[{"a": 1}]'], [PAGE, "{}", '"text"', "null"]),
        ("object", ["{}", '{"a": 1}'], [PAGE, "[]", "null"]),
        ("page", [PAGE, "\ufeff\n<!-- x --> <HTML lang='th'>"], ["{}", " ", "<?xml version='1.0'?><jobs/>"]),
    ],
)
def test_an_answer_is_what_the_box_says(shape: str, good: list[str], bad: list[str]) -> None:
    toml = f'{SHOP}answers = "{shape}"'
    assert [found(toml, text)[0] for text in good] == ["done"] * len(good)
    assert [found(toml, text)[0] for text in bad] == ["failed"] * len(bad)


def test_a_log_in_page_with_status_200_is_named() -> None:
    assert found(JOBS + 'answers = "list"', PAGE)[1] == "The answer is a web page instead of a JSON list."
    assert found(JOBS, PAGE)[1] == "The answer is a web page, not one of an API: a log-in, perhaps, or a proxy."


def test_only_the_path_of_an_api_refuses_a_web_page_by_itself() -> None:
    assert found(SHOP, PAGE)[0] == "done"
    assert found(JOBS, " ")[0] == "done", "an API may answer with no body at all"
    assert found(JOBS + "status = 404", PAGE, 404)[0] == "done", "a web server's own 404 is a page"
    assert found(JOBS + 'answers = "page"', PAGE)[0] == "done"


def test_the_plan_says_what_must_come() -> None:
    assert plan(box("http", JOBS + 'answers = "list"')).endswith("expects status 200, a JSON list")
    assert plan(box("http", JOBS)).endswith("expects status 200, no web page")
    assert plan(box("http", SHOP)).endswith("expects status 200")


@pytest.mark.parametrize(
    ("toml", "why"),
    [
        ('answers = "list"\nexpect = { a = 1 }', 'answers = "list" has no named fields, so expect could never be met'),
        (
            'answers = "page"\nvalues = { a = "b" }',
            'answers = "page" has no named fields, so values could never be met',
        ),
        ('answers = "json"\nstatus = 204', "an answer 204 has no body, so answers could never be met by it"),
        ("expect = { a = 1 }\nstatus = [200, 204]", "an answer 204 has no body, so expect could never be met by it"),
        ('answers = "json"\nmethod = "HEAD"', "an answer to HEAD has no body, so answers could never be met"),
        ('values = { mine = "data.accessToken" }', '"data.accessToken" is a secret by its name'),
    ],
)
def test_what_could_never_be_met_is_refused(toml: str, why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        box("http", SHOP + toml)
    assert why in str(caught.value)


def test_the_page_names_line_and_step_of_such_a_box() -> None:
    with pytest.raises(BadPage, match=r'line \d+, Health: http: answers = "list" has no named fields'):
        small(**{'path = "/health"': 'path = "/health"\nanswers = "list"\nexpect = { a = 1 }'})
    with pytest.raises(BadPage, match=r"answers: must be 'json', 'list', 'object' or 'page', not 'array'"):
        small(**{'path = "/health"': 'path = "/health"\nanswers = "array"'})


@pytest.mark.parametrize(
    ("wanted", "value", "state"),
    [
        ("<text>", '"a"', "done"),
        ("<text>", '" "', "failed"),
        ("<text>", "7", "failed"),
        ("<number>", "7.5", "done"),
        ("<number>", "1e999", "failed"),
        ("<number>", "NaN", "failed"),
    ],
)
def test_texts_and_numbers_that_are_expected(wanted: str, value: str, state: str) -> None:
    step = f'{SHOP}expect = {{ a = "{wanted}" }}'
    assert found(step, f'{{"a": {value}}}')[0] == state
    assert box("http", step).inputs() == set()


LOGIN = 'web = "api"\npath = "/api/login"\nmethod = "POST"\nexpect = { token = "<text>" }'


@pytest.mark.parametrize(
    ("status", "text", "state"),
    [
        (200, f'{{"token": "{JWT}"}}', "done"),
        (200, f'{{"jwt": "SESSION", "data": "{JWT}"}}', "failed"),
        (201, f'{{"token": "{JWT}"}}', "failed"),
        (201, '{"token": "SESSION-1"}', "failed"),
        (500, 'token: "SESSION-1" is taken', "failed"),
    ],
)
def test_a_session_reaches_neither_thread_nor_record(status: int, text: str, state: str) -> None:
    world = World()
    world.on_web("", answer(status, text=text))
    outcome = execute(box("http", LOGIN), context(world))
    assert outcome.state == state
    assert "SESSION" not in f"{outcome.summary}{outcome.as_data()}"
    assert "•••" in f"{outcome.summary}{outcome.output}"


def test_a_secret_that_is_not_as_expected_is_not_quoted() -> None:
    assert (
        found(SHOP + 'expect = { token = "none" }', '{"token": "SESSION-2"}')[1] == "token is '•••' instead of 'none'."
    )
    assert found(SHOP + 'expect = { token = "<any>" }', '{"token": "SESSION-2"}')[1].endswith("token = •••")


def test_a_value_that_is_a_token_is_not_kept() -> None:
    world = World()
    world.on_web("", answer(data={"id": JWT}))
    outcome = execute(box("http", SHOP + 'values = { job = "id" }'), context(world))
    assert (outcome.state, outcome.values) == ("failed", {})
    assert outcome.summary == "id holds what looks like a secret."
    assert "SESSION" not in str(outcome.as_data())
