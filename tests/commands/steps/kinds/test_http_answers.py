"""`http`: log-in pages, requirements that can never be met, and secrets."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from state.errors import BadPage
from tests.commands.steps.builders import box, context, plan
from tests.pages import small
from tests.production import answer
from tests.world import World

PAGE = "<!doctype html><title>Please log in</title>"
JOBS = 'web = "api"\npath = "/api/jobs"\n'
SHOP = 'web = "api"\npath = "/shop"\n'
JWT = "eyJhbGciOi.SESSION.abc"


def run_answer(toml: str, text: str, status: int = 200) -> tuple[str, str]:
    """State and summary of the step, if the place answers so."""
    world = World()
    world.on_web("", answer(status, text=text))
    outcome = execute(box("http", toml), context(world))
    assert outcome.measures["failed"] == (outcome.state == "failed")
    return outcome.state, outcome.summary


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("json", ['{"a": 1}', "[]", "3"], [PAGE, " ", "ok", '{"a": NaN}']),
        ("list", ["[]", '[{"a": 1}]'], [PAGE, "{}", '"text"', "null"]),
        ("object", ["{}", '{"a": 1}'], [PAGE, "[]", "null"]),
        ("page", [PAGE, "\ufeff\n<!-- x --> <HTML lang='th'>"], ["{}", " ", "<?xml version='1.0'?><jobs/>"]),
    ],
)
def test_an_answer_must_have_the_required_form(form: str, good: list[str], bad: list[str]) -> None:
    toml = f'{SHOP}answers = "{form}"'
    assert [run_answer(toml, text)[0] for text in good] == ["done"] * len(good)
    assert [run_answer(toml, text)[0] for text in bad] == ["failed"] * len(bad)


@pytest.mark.fault("one text, two readers")
def test_json_behind_a_byte_order_mark_is_judged_like_any_other() -> None:
    toml = f'{SHOP}answers = "object"\nexpect = {{ status = "ok" }}'
    assert run_answer(toml, '\ufeff{"status": "ok"}')[0] == "done"
    assert run_answer(toml, '\ufeff{"status": "bad"}')[0] == "failed"


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    ("text", "has"),
    [
        ('{"errors": [{"message": "cannot read flows"}], "data": null}', "an `errors`"),
        ('{"status": "DOWN"}', "`status` = “DOWN”"),
        ('{"success": false, "message": "cannot read flows"}', "`success` = false"),
        ('{"error": "cannot read flows"}', "an `error`"),
        ('{"error": true, "message": "cannot read flows"}', "an `error`"),
        ('{"cluster_name": "logs", "status": "red"}', "`status` = “red”"),
        ('{"error": false, "status": "error_budget_ok"}', ""),
        ('{"errors": [], "data": {"flows": 3}}', ""),
        ('{"error": null, "ok": true, "status": "UP"}', ""),
        ('{"status": 200, "items": [{"status": "failed"}]}', ""),
        ("[]", ""),
        ("OK", ""),
    ],
)
def test_an_answer_of_200_that_speaks_of_an_error_is_named(text: str, has: str) -> None:
    said = f", but the answer has {has}: say in `expect` what is right"
    assert (run_answer(SHOP, text)[0], run_answer(SHOP, text)[1].endswith(said)) == ("done", bool(has))
    assert "but the answer" not in run_answer(SHOP + 'expect = { status = "DOWN" }', '{"status": "DOWN"}')[1]


@pytest.mark.fault("it exists, so it is right")
@pytest.mark.parametrize(
    ("path", "more", "named"),
    [
        ("/health", "", True),
        ("/readyz?full=1", "", True),
        ("/health", 'answers = "page"', False),
        ("/login", "", False),
        ("/up", "", False),
        ("/health/advice", "", False),
    ],
)
def test_a_page_where_programs_ask_is_named_as_what_a_site_may_give_for_any_path(
    path: str, more: str, named: bool
) -> None:
    state, summary = run_answer(f'web = "api"\npath = "{path}"\n{more}', PAGE)
    said = ", but the answer is a web page, as many sites give for any path: say in `answers` what is right"
    assert (state, summary.endswith(said)) == ("done", named), summary
    assert "but the answer" not in run_answer(f'web = "api"\npath = "{path}"', "ready")[1]


def test_a_log_in_page_with_status_200_fails() -> None:
    assert run_answer(JOBS + 'answers = "list"', PAGE)[1] == "The answer is a web page instead of a JSON list."
    assert run_answer(JOBS, PAGE)[1] == (
        "The answer is a web page, not an API answer. Perhaps a log-in page or a proxy answered."
    )


def test_below_what_is_wrong_stands_the_answer_and_not_the_same_again() -> None:
    world = World()
    world.on_web("", answer(409, text="assigned already"))
    outcome = execute(box("http", JOBS), context(world))
    assert (outcome.summary, outcome.lines) == ("Status 409 instead of 200.", ("assigned already",))


@pytest.mark.fault("a cause that nobody has seen")
def test_a_redirect_to_a_log_in_is_told_with_where_it_leads() -> None:
    world = World()
    world.on_web("", replace(answer(302), headers={"Location": "/login?next=/api/jobs"}))
    assert execute(box("http", JOBS), context(world)).summary == "Status 302 (to /login) instead of 200."
    accepted = execute(box("http", f"{JOBS}status = 302"), context(world))
    assert accepted.summary.startswith("302 (to /login) in "), accepted.summary


def test_only_the_path_of_an_api_refuses_a_web_page_without_being_told() -> None:
    assert run_answer(SHOP, PAGE)[0] == "done"
    assert run_answer(JOBS, " ")[0] == "done", "an API may answer with no body at all"
    assert run_answer(JOBS + "status = 404", PAGE, 404)[0] == "done", "a web server answers 404 with a page"
    assert run_answer(JOBS + 'answers = "page"', PAGE)[0] == "done"


def test_the_plan_shows_the_required_form() -> None:
    assert plan(box("http", JOBS + 'answers = "list"')).endswith("expects status 200, a JSON list")
    assert plan(box("http", JOBS)).endswith("expects status 200, not a web page")
    assert plan(box("http", SHOP)).endswith("expects status 200")


@pytest.mark.parametrize(
    ("toml", "error"),
    [
        ('answers = "list"\nexpect = { a = 1 }', 'answers = "list" has no named fields, so expect can never be met'),
        (
            'answers = "page"\nvalues = { a = "b" }',
            'answers = "page" has no named fields, so values can never be met',
        ),
        ('answers = "json"\nstatus = 204', "an answer with status 204 has no body, so answers can never be met"),
        (
            "expect = { a = 1 }\nstatus = [200, 204]",
            "an answer with status 204 has no body, so expect can never be met",
        ),
        ('answers = "json"\nmethod = "HEAD"', "an answer to HEAD has no body, so answers can never be met"),
        (
            'values = { mine = "data.accessToken" }',
            '"data.accessToken" is a secret by its name, but values are stored and shown',
        ),
    ],
)
def test_a_requirement_that_can_never_be_met_is_refused(toml: str, error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        box("http", SHOP + toml)
    assert error in str(caught.value)


def test_the_error_names_the_line_and_the_step() -> None:
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
def test_the_placeholders_text_and_number_accept_any_text_and_number(wanted: str, value: str, state: str) -> None:
    step = f'{SHOP}expect = {{ a = "{wanted}" }}'
    assert run_answer(step, f'{{"a": {value}}}')[0] == state
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
def test_a_token_in_an_answer_reaches_neither_thread_nor_record(status: int, text: str, state: str) -> None:
    world = World()
    world.on_web("", answer(status, text=text))
    outcome = execute(box("http", LOGIN), context(world))
    assert outcome.state == state
    assert "SESSION" not in f"{outcome.summary}{outcome.as_data()}"
    told = f"{outcome.summary}{outcome.output}"
    assert ("token is there" if state == "done" else "•••") in told


def test_an_unexpected_secret_is_not_quoted() -> None:
    assert (
        run_answer(SHOP + 'expect = { token = "none" }', '{"token": "SESSION-2"}')[1]
        == "token is '•••' instead of 'none'."
    )
    assert run_answer(SHOP + 'expect = { token = "<any>" }', '{"token": "SESSION-2"}')[1].endswith("; token is there")


def test_a_value_that_looks_like_a_token_is_refused() -> None:
    world = World()
    world.on_web("", answer(data={"id": JWT}))
    outcome = execute(box("http", SHOP + 'values = { job = "id" }'), context(world))
    assert (outcome.state, outcome.values) == ("failed", {})
    assert outcome.summary == "id looks like a secret."
    assert "SESSION" not in str(outcome.as_data())


def cached_answer(toml: str, text: str) -> Outcome:
    """The outcome of the step, if a cache answers in the place's stead."""
    world = World()
    world.on_web("", replace(answer(200, text=text), headers={"age": "900", "x-cache": "HIT"}))
    return execute(box("http", toml), context(world))


@pytest.mark.fault("compared with itself")
@pytest.mark.parametrize("toml", [JOBS, JOBS + 'answers = "list"', SHOP + "expect = { a = 1 }", SHOP])
def test_an_answer_of_a_cache_is_no_data(toml: str) -> None:
    outcome = cached_answer(toml, "[]" if "list" in toml else '{"a": 1}')
    assert (outcome.state, outcome.inconclusive, outcome.compared) == ("failed", True, ())
    assert "is answered by a cache (age: 900), so the service itself was not asked" in outcome.summary
    assert not set(outcome.measures) & {"failed", "seconds", "status"}, "an alert would judge it"


def test_a_page_that_users_get_from_a_cache_is_right() -> None:
    assert cached_answer(SHOP + 'answers = "page"', PAGE).state == "done"


def test_a_list_inside_the_answer_has_the_required_form() -> None:
    wrapped = JOBS + 'answers = "list"\nentries = "data.jobs"\nexpect = { total = 2 }'
    assert run_answer(wrapped, '{"data": {"jobs": []}, "total": 2}')[0] == "done"
    assert run_answer(wrapped, "[]")[1] == "The answer has no list in its field `data.jobs`."
    assert run_answer(wrapped, '{"data": {"jobs": {}}, "total": 2}')[0] == "failed"
    with pytest.raises(ValidationError, match='so it needs answers = "list"'):
        box("http", JOBS + 'entries = "jobs"')


@pytest.mark.fault("foreign words taken for the program's own")
@pytest.mark.parametrize("more", ['answers = "list"', "expect = { a = 1 }", 'values = { a = "b" }'])
def test_an_answer_of_which_only_the_beginning_was_read_is_not_judged(more: str) -> None:
    world = World()
    world.on_web("", replace(answer(text='[{"id": 1}, '), cut=True))
    outcome = execute(box("http", JOBS + more), context(world))
    assert (outcome.state, outcome.inconclusive, "failed" in outcome.measures) == ("failed", True, False)
    assert outcome.summary == (
        "The answer is longer than 8.0 MB, and only its beginning was read, so it cannot be judged."
    )


def test_the_beginning_of_an_answer_is_enough_for_its_status_and_a_page() -> None:
    world = World()
    world.on_web("", replace(answer(text=PAGE), cut=True))
    assert execute(box("http", SHOP + 'answers = "page"'), context(world)).state == "done"
    assert execute(box("http", SHOP), context(world)).state == "done"
    assert "Status 200 instead of 404" in execute(box("http", SHOP + "status = 404"), context(world)).summary
