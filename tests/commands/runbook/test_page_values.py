"""A page that would let a value become more than data is refused with its line."""

from __future__ import annotations

import pytest

from commands.runbook import read_page
from commands.runbook.queries import check_queries
from state.errors import BadPage
from tests.commands.runbook.spoiling import page_error
from tests.pages import SMALL, spoil

HEALTH = 'path = "/health"\n'
AFTER = "## Watch\n"


def page(kept: str, box: str) -> str:
    """The small page: its smoke test keeps a value `v`, and a step after it uses it."""
    return spoil((HEALTH, f"{HEALTH}values = {{ {kept} }}\n"), (AFTER, f"### Use\n\n{box}\n\n{AFTER}"))


def run(commands: str, more: str = "") -> str:
    """A `run` box."""
    return f'```toml run\nhost = "backend"\n{more}commands = [{commands}]\n```'


WORD, TEXT = 'v = "id"', 'v = { field = "id", type = "text" }'


@pytest.mark.parametrize("commands", ["'echo <v>'", "'echo \"<v>\"'", '"""cat <<E\n<v>\nE"""', "'x=$(echo <v>)'"])
def test_a_plain_word_may_stand_anywhere_in_a_command(commands: str) -> None:
    assert read_page(page(WORD, run(commands)), "small.md").step("use")


@pytest.mark.parametrize("commands", ["'echo \"<v>\"'", '"""cat <<E\n<v>\nE"""', "'x=$(echo <v>)'", "'bash -c <v>'"])
def test_a_text_may_stand_in_a_command_only_as_a_word_by_itself(commands: str) -> None:
    assert read_page(page(TEXT, run("'echo <v>'")), "small.md").step("use")
    error = page_error(page(TEXT, run(commands)))
    assert error.where == "Use"
    assert error.what == (
        "commands: <v> is in quotes, in another word, or in words that are read as code, and a text may be any "
        'characters; hand it over with env = { v = "<v>" }, and write "$v" there'
    )


def test_the_folder_and_the_probe_are_checked_too() -> None:
    assert page_error(page(TEXT, run("'true'", 'cd = "/srv/<v>"\n'))).what.startswith("cd: <v> is in quotes")
    assert page_error(page(TEXT, run("'true'", 'probe = "test -e x-<v>"\n'))).what.startswith("probe: <v> is in quotes")
    maintenance = '```toml maintenance\nhost = "backend"\nstate = "on"\ncommand = "touch \'<v>\'"\n```'
    assert page_error(page(TEXT, maintenance)).what.startswith("command: <v> is in quotes")


def test_a_value_is_never_a_command() -> None:
    assert page_error(page(WORD, run("'<v> --now'"))).what == (
        "commands: <v> is a command here, but a value never decides what is run; write the command itself"
    )


@pytest.mark.parametrize(
    "name", ["PATH", "BASH_ENV", "LD_PRELOAD", "GIT_SSH_COMMAND", "NODE_OPTIONS", "IFS", "PYTHONPATH"]
)
def test_a_value_sets_no_variable_that_decides_what_programs_run(name: str) -> None:
    error = page_error(page(WORD, run("'true'", f'env = {{ {name} = "x<v>" }}\n')))
    assert error.what == f"env: {name} decides what programs run, so no value of an earlier step may set it; rename it"
    assert read_page(page(WORD, run("'true'", 'env = { GIT_COMMIT = "<v>" }\n')), "small.md").step("use")


@pytest.mark.parametrize("name", ["a b", "x;id", "", "1a", "$(id)", "a-b"])
def test_a_variable_has_the_name_of_one(name: str) -> None:
    what = page_error(page(WORD, run("'true'", f'env = {{ "{name}" = "1" }}\n'))).what
    assert what == f"env: {name!r} is not the name of a variable; use letters, digits and _"


def test_a_text_is_taken_by_no_kind_that_makes_a_path_of_it() -> None:
    box = (
        '```toml keep\nhost = "backend"\nrepository = "$SHOP_REPO"\nfolder = "<v>"\nstore = "$SHOP_KEPT"\n'
        'commit = "<v>"\n```'
    )
    assert page_error(page(TEXT, box)).what == (
        "<v> is a text, which may be any characters; a step of this kind takes no text"
    )


@pytest.mark.parametrize("name", ["ref", "run", "countdown"])
def test_no_answer_takes_the_place_of_what_every_run_has(name: str) -> None:
    error = page_error(spoil((HEALTH, f'{HEALTH}values = {{ {name} = "id" }}\n')))
    assert error.what == f"values: every run has its own <{name}>; choose another name"


def test_a_type_that_does_not_exist_is_named() -> None:
    error = page_error(page('v = { field = "id", type = "anything" }', run("'echo <v>'")))
    assert "must be 'number', 'commit', 'word' or 'text', not 'anything'" in error.what


def test_a_query_that_is_more_than_a_question_is_named_with_its_line() -> None:
    check_queries(read_page(SMALL, "small.md"), lambda sql: "it is bad")
    database = ("[webs.api]", '[databases.shop]\nurl = "$SHOP_DB"\n\n[webs.api]')
    query = '```toml query\ndatabase = "shop"\nsql = "DROP TABLE jobs"\n```'
    asking = read_page(spoil(database, (AFTER, f"### Ask\n\n{query}\n\n{AFTER}")), "small.md")
    with pytest.raises(BadPage) as caught:
        check_queries(asking, lambda sql: f"it is {sql}")
    line = SMALL.count("\n", 0, SMALL.index(AFTER)) + 4
    assert str(caught.value) == f"line {line}, Ask: sql: it is DROP TABLE jobs; change the query: DROP TABLE jobs"
