"""Which steps of a page leave a change that no step of the rollback undoes."""

from __future__ import annotations

import pytest

from commands.runbook import Page, read_page
from commands.runbook.undone import calls_migration_tool, steps_not_undone
from commands.start.page_warnings import page_warnings
from tests.commands.rollback.samples import OLD, lane
from tests.commands.runbook.spoiling import page_error
from tests.pages import spoil

DEPLOY = """### Put the code there

```toml run
host = "backend"
commands = ["deploy"]
takes = "10 min"
```
"""
NOTHING = 'undone_by = "nothing"\nwhy = "the next deploy replaces it"'


def step(kind: str, name: str, toml: str) -> str:
    return f'### {name}\n\n```toml {kind}\nid = "{name}"\n{toml}\n```\n\n'


def page(forward: str, back: str) -> Page:
    """The small page with these steps in Deploy and in the rollback."""
    return read_page(spoil((DEPLOY, forward), (OLD, back)), "small.md")


def left(forward: str, back: str) -> list[str]:
    return [one.id for one in steps_not_undone(page(forward, back))]


CHECKOUT = 'host = "backend"\nrepository = "$REPO"\ncommit = "{}"'.format("1" * 40)
PUBLISH = 'host = "backend"\nrepository = "$REPO"\nwww = "$WWW"\nweb = "api"\ncommit = "{}"'.format("1" * 40)
FLAG = 'host = "backend"\ncommand = "true"\n'
SERVICE = 'host = "backend"\nname = "api"\nweb = "api"\ncommit = "{}"'.format("1" * 40)
POST = 'web = "api"\npath = "/hook"\nmethod = "POST"'


@pytest.mark.parametrize(
    ("forward", "back", "expected"),
    [
        (step("checkout", "code", CHECKOUT), lane("database"), ["code"]),
        (step("checkout", "code", CHECKOUT), step("checkout", "back", CHECKOUT), []),
        (step("checkout", "code", CHECKOUT), step("checkout", "back", CHECKOUT.replace("$REPO", "$OTHER")), ["code"]),
        (step("checkout", "code", CHECKOUT), lane("back", 'undoes = "code"'), []),
        (step("publish", "page", PUBLISH), step("publish", "back", PUBLISH + '\nmode = "back"'), []),
        (step("maintenance", "on", FLAG + 'state = "on"'), step("maintenance", "again", FLAG + 'state = "on"'), ["on"]),
        (step("maintenance", "on", FLAG + 'state = "on"'), step("maintenance", "off", FLAG + 'state = "off"'), []),
        (step("maintenance", "off", FLAG + 'state = "off"'), lane("back"), []),
        (lane("migrate"), lane("database"), ["migrate"]),
        (lane("migrate"), lane("back", 'undoes = "migrate"'), []),
        (lane("migrate"), step("http", "looks", 'web = "api"\npath = "/x"\nundoes = "migrate"'), ["migrate"]),
        (step("service", "restart", SERVICE), step("checkout", "back", CHECKOUT + '\nundoes = "restart"'), ["restart"]),
        (step("http", "hook", POST), lane("database"), ["hook"]),
        (step("http", "hook", POST), step("http", "unhook", POST + '\nundoes = "hook"'), []),
        (step("http", "hook", POST + '\nclean_up = "/hook"'), lane("database"), []),
    ],
)
def test_a_step_is_undone_by_one_that_names_it_or_restores_the_same_thing(
    forward: str, back: str, expected: list[str]
) -> None:
    assert left(forward, back) == expected


def test_a_step_that_runs_only_if_a_later_one_began_does_not_always_undo() -> None:
    code, restart = step("checkout", "code", CHECKOUT), lane("restart")
    assert left(code + restart, step("checkout", "back", CHECKOUT + '\nundoes = "restart"')) == ["code"]
    assert left(restart + code, step("checkout", "back", CHECKOUT + '\nundoes = "restart"')) == []


CHECK = step("run", "queue", 'host = "backend"\ncommands = ["queue-length"]\nevery = "5 min"')
TEST = step("run", "smoke", 'host = "backend"\ncommands = ["true"]')
AGAIN = step("repeat", "again", 'part = "smoke tests"\nevery = "1 h"')


def test_what_the_watch_does_again_and_again_is_a_check_and_no_change() -> None:
    def names(*changes: tuple[str, str]) -> list[str]:
        text = spoil((DEPLOY, lane("migrate", NOTHING)), (OLD, lane("database")), *changes)
        return [one.id for one in steps_not_undone(read_page(text, "small.md")) if one.id != "migrate"]

    assert names(("## Alerts", CHECK + "## Alerts")) == []
    assert names(("## Watch", TEST + "## Watch")) == ["smoke"]
    assert names(("## Watch", TEST + "## Watch"), ("## Alerts", AGAIN + "## Alerts")) == []


@pytest.mark.fault("the way back is first tried when it is needed")
def test_a_changing_step_that_nothing_undoes_is_named_unless_the_page_says_that_it_is_meant() -> None:
    (warning,) = page_warnings(page(lane("migrate"), lane("database")))
    assert warning == (
        "“migrate”: it makes a change, and no step of the rollback undoes it; "
        'write undoes = "migrate" in the step that does, or here undone_by = "nothing" with a why.'
    )
    assert page_warnings(page(lane("migrate", NOTHING), lane("database"))) == ()


@pytest.mark.parametrize(
    ("forward", "back", "why"),
    [
        (lane("migrate", 'undone_by = "nothing"'), lane("back"), "why: is missing"),
        (lane("migrate", 'why = "so"'), lane("back"), 'write undone_by = "nothing" as well'),
        (lane("migrate", NOTHING), lane("back", 'undoes = "migrate"'), "undone_by: “back” of the rollback undoes it"),
        (lane("migrate"), lane("back", NOTHING), "undone_by: a step of the rollback is not undone"),
        (lane("migrate", 'undone_by = "us"\nwhy = "so"'), lane("back"), "undone_by: must be 'nothing'"),
    ],
)
def test_a_page_that_contradicts_itself_is_refused(forward: str, back: str, why: str) -> None:
    assert why in str(page_error(spoil((DEPLOY, forward), (OLD, back))))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("npx prisma migrate deploy", True),
        ("alembic upgrade head", True),
        ("python manage.py migrate --noinput", True),
        ("bin/rails db:migrate", True),
        ("dbmate up", True),
        ("npm run build", False),
        ("echo goosefeather", False),
    ],
)
def test_a_migration_tool_is_known_by_its_command(command: str, expected: bool) -> None:
    forward = step("run", "x", f'host = "backend"\ncommands = ["{command}"]')
    assert calls_migration_tool(page(forward, lane("back")).step("x")) is expected


def test_a_wait_says_why_it_waits_and_is_no_change_that_something_undoes() -> None:
    assert left(step("wait", "soak", 'lasts = "24 h"\nwhy = "the soak"'), lane("database")) == []
