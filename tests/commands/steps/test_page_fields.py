"""A `$NAME` on a page is put in where its text is sent, is a shell's own, or is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from commands.ports.page_text import PageText
from commands.ports.preflight import PreflightContext
from commands.runbook import head_boxes
from commands.runbook.alert_rule import AlertsBox
from commands.runbook.places import PlacesBox
from commands.steps import KINDS
from commands.steps.base import StepBox, execute
from commands.steps.page_fields import dollar_in, variables_in
from tests.commands.runbook.spoiling import line_of, page_error
from tests.commands.steps.builders import box, context
from tests.pages import SMALL, spoil
from tests.production import answer
from tests.world import World

PARTS: tuple[type[BaseModel], ...] = (
    head_boxes.RunbookBox,
    PlacesBox,
    head_boxes.RolesBox,
    head_boxes.Role,
    head_boxes.WatchBox,
    head_boxes.RollbackBox,
    head_boxes.CriteriaBox,
    head_boxes.DecisionBox,
    AlertsBox,
)
# text in which a `$NAME` may stand among other letters, by the box that has the field; SHELL where a shell reads it
PUT_IN = {
    "backup-copy": {"file", "sha256"},
    "browser": {"path", "headers"},
    "check": {"path", "headers"},
    "data-keep": {"file", "sha256"},
    "data-return": {"file", "sha256"},
    "BrowserAct": {"open", "value"},
    "CleanUp": {"path", "headers"},
    "each": {"path", "headers"},
    "http": {"path", "headers", "json", "clean_up"},
    "logs": {"file", "unit", "container"},
    "maintenance": {"env", "path"},
    "service": {"name", "names", "path", "headers", "env"},
    "publish": {"source", "stamp", "headers"},
    "migrate": {"folder", "env"},
    "rehearse": {"file", "sha256", "code"},
    "run": {"env"},
    "Running": {"path", "headers", "pm2", "unit", "container", "link", "env"},
    "traffic": {"file"},
}
NAMED = {"proof": "backup-copy", "CommitCheck": "check"}
PUT_IN["steady"] = PUT_IN["service"]
NAMED |= {"Each": "each", "Trace": "each"}
SHELL = {
    "logs": {"command"},
    "run": {"commands", "cd", "probe"},
    "maintenance": {"command"},
    "migrate": {"program", "state", "forward", "back"},
    "Running": {"command"},
    "service": {"running", "restart", "ready", "log"},
    "steady": {"running", "ready", "log"},
}
VARIABLE = re.compile(r"\$VAR\d")
TRIED: tuple[Any, ...] = ("x $VAR y", ["x $VAR y"], {"a": "x $VAR y"}, {"a": {"b": ["$VAR"]}}, [{"a": "$VAR"}])
KEYS: tuple[Any, ...] = ({"$VAR": "x"}, {"a": [{"$VAR": 1}]})

# every field of PUT_IN, and every whole "$NAME" of these kinds, once
DB = 'host = "h"\ndatabase_url = "$VAR1"\nfolder = "$VAR2"\nfile = "$VAR3.dump"\nsha256 = "$VAR4"\n'
PM2 = 'host = "h"\nname = "$VAR1"\nweb = "api"\ncommit = "c"\npath = "/$VAR2"\nheaders = { A = "B $VAR3" }\n'
OWN = 'host = "h"\nmanager = "commands"\nname = "$VAR1"\nrunning = "x $TAG"\nenv = { TAG = "$VAR2" }\n'
HTTP = 'web = "api"\nmethod = "POST"\npath = "/$VAR1"\nheaders = { A = "B $VAR2" }\n'
PUBLISH = """host = "h"
repository = "$VAR1"
www = "$VAR2"
source = "$VAR3"
stamp = "/$VAR4"
headers = { A = "$VAR5" }
commit = "<commit>"
web = "app"
"""
CHECK = '[[checks]]\nweb = "api"\npath = "/$VAR3/<commit>"\nheaders = { A = "$VAR4" }\nexpect = { a = 1 }\n'
SAMPLES = [
    ("backup", 'host = "h"\nname = "shop"\ndatabase_url = "$VAR1"\nfolder = "$VAR2"\n'),
    ("browser", 'web = "app"\npath = "/$VAR1"\nheaders = { A = "B $VAR2" }\n'),
    ("browser", 'web = "app"\npath = "/$VAR1"\nsteps = [{ open = "/$VAR2" }, { fill = "x", value = "$VAR3" }]\n'),
    ("checkout", 'host = "h"\nrepository = "$VAR1"\ncommit = "<commit>"\n'),
    ("data-keep", DB + 'tables = ["t"]\n'),
    ("data-return", DB + 'database = "db"\ntables = ["t"]\nundoes = "m"\n'),
    ("errors", 'web = "sentry"\norganization = "o"\nproject = "p"\ntoken = "$VAR1"\n'),
    ("http", HTTP + 'json = { a = ["$VAR3"], b = { c = "$VAR4" } }\ntrace = { path = "/$VAR5", where = { a = 1 } }\n'),
    ("http", HTTP + 'clean_up = "/$VAR3"\n'),
    ("http", HTTP + 'clean_up = { path = "/$VAR3", headers = { A = "$VAR4" } }\n'),
    ("http", HTTP + 'trace = { path = "/$VAR3", headers = { A = "$VAR4" }, where = { a = 1 } }\n'),
    ("http", HTTP + 'each = { path = "/$VAR3", where = { a = 1 }, values = { v = "id" } }\n'),
    ("keep", 'host = "h"\nrepository = "$VAR1"\nfolder = "f"\nstore = "$VAR2"\n'),
    ("logs", 'host = "h"\nfile = "$VAR1/x.log"\nsince = "0"\n'),
    ("logs", 'host = "h"\nunit = "$VAR1.service"\nsince = "c"\n'),
    ("logs", 'host = "h"\ncontainer = "$VAR1-api"\nsince = "0"\n'),
    ("maintenance", 'host = "h"\nstate = "on"\ncommand = "x"\nenv = { a = "b $VAR1" }\nweb = "app"\npath = "/$VAR2"\n'),
    ("prometheus", 'web = "api"\nquery = "up"\ntoken = "$VAR1"\n'),
    ("proof", DB + 'scratch_url = "$VAR5"\n'),
    ("publish", PUBLISH),
    ("rehearse", DB + 'scratch_url = "$VAR5"\nforward = "up.sql"\nrollback = "down.sql"\n'),
    ("rehearse", DB + 'scratch_url = "$VAR5"\nmigration = "m"\ncode = "/$VAR6"\n'),
    ("release", 'host = "h"\nrepository = "$VAR1"\nsigned = true\nsigners = "$VAR2"\n' + CHECK),
    ("review", 'host = "h"\nrepository = "$VAR1"\n'),
    ("run", 'host = "h"\ncommands = ["x"]\ncd = "/srv"\nenv = { a = "b $VAR1" }\n'),
    ("service", PM2),
    ("service", 'host = "h"\nnames = ["a-$VAR1", "b-$VAR2"]\n'),
    ("service", OWN + 'restart = "x $TAG"\n'),
    ("steady", PM2),
    ("steady", 'host = "h"\nnames = ["a-$VAR1", "b-$VAR2"]\n'),
    ("traffic", 'host = "h"\nfile = "$VAR1.log"\npath = "/api/x"\n'),
]  # fmt: skip


def models() -> list[type[BaseModel]]:
    """Every box of a page, and every part of one."""
    found: dict[type[BaseModel], None] = {}
    waiting: list[Any] = [*KINDS.values(), *PARTS]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, type) and issubclass(one, BaseModel) and one not in found:
            found[one] = None
            waiting += [field.annotation for field in one.model_fields.values()]
        waiting += get_args(one)
    return list(found)


def name_of(model: type[BaseModel]) -> str:
    """The kind of a step, or the name of another box."""
    kind = model.kind if issubclass(model, StepBox) else model.__name__
    return NAMED.get(kind, kind)


def takes(model: type[BaseModel], field: str, value: object) -> bool:
    """Whether a box takes this value of a field, whatever else it lacks."""
    try:
        model.model_validate({field: value})
    except ValidationError as error:
        return not [one for one in error.errors() if one["loc"][:1] == (field,)]
    return True


def names(model: type[BaseModel]) -> Iterator[str]:
    """The fields of a box as the page writes them."""
    yield from (field.alias or name for name, field in model.model_fields.items())


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_a_variable_stands_only_where_it_is_put_in_or_a_shell_reads_it(model: type[BaseModel]) -> None:
    taken = {name for name in names(model) if any(takes(model, name, value) for value in TRIED)}
    assert taken == PUT_IN.get(name_of(model), set()) | SHELL.get(name_of(model), set())
    assert not [name for name in names(model) if any(takes(model, name, value) for value in KEYS)]


def test_a_field_that_a_kind_gets_later_takes_no_variable_by_itself() -> None:
    class Later(StepBox):
        later: str

    assert dollar_in(Later.model_fields["later"]) is None
    with pytest.raises(ValidationError, match="would stay as these letters"):
        Later.model_validate({"later": "to $TOKEN"})


def sent(value: object, into: list[str | PageText]) -> None:
    """Collect every text that a tool is handed."""
    if isinstance(value, str | PageText):
        into.append(value)
    elif is_dataclass(value):
        for field in fields(value):
            sent(getattr(value, field.name), into)
    elif isinstance(value, Mapping):
        for item in value.values():
            sent(item, into)
    elif isinstance(value, list | tuple):
        for item in value:
            sent(item, into)


class Listening:
    """A tool that notes what it is handed."""

    def __init__(self, tool: Any, into: list[str | PageText]) -> None:
        self._tool, self._into = tool, into

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            sent([arg for arg in (*args, *more.values()) if not hasattr(arg, "wait")], self._into)
            return getattr(self._tool, name)(*args, **more)

        return call


@pytest.mark.parametrize(("kind", "toml"), SAMPLES, ids=lambda value: str(value).split("\n")[0])
def test_every_variable_is_put_in_by_the_tool_that_gets_its_text(kind: str, toml: str) -> None:
    world, texts = World(), list[str | PageText]()
    world.files |= {"up.sql": "SELECT 1;", "down.sql": "SELECT 2;"}
    world.applied["run-1/m"] = 1  # the migration that a data-return undoes
    world.on_web("", answer(200, {"id": 1}))
    world.on_web("GET api", answer(200, [{"a": 1, "id": 2}]))
    tools = world.tools()
    tools = replace(
        tools,
        shell=Listening(tools.shell, texts),
        web=Listening(tools.web, texts),
        database=Listening(tools.database, texts),
        browser=Listening(tools.browser, texts),
    )
    step = box(kind, toml)
    migrate = 'host = "h"\nfolder = "/f"\ntool = "alembic"\n'
    back = box("migrate", migrate + 'mode = "back"\nundoes = "m"\n')
    step.take_boxes({"m": box("migrate", migrate), "back": back})
    values = {"pid": "1", "restarts": "1", "backup_file": "b", "backup_sha256": "s", "log_out": "/o", "log_err": "/e"}
    values |= {"log_offset_out": "0", "log_offset_err": "0", "restarted_at": "2026-11-24T22:00:00+00:00"}
    ctx = replace(context(world, values), tools=tools)
    for check in step.preflight():
        check.run_preflight(PreflightContext(tools=tools, ref="main", files={}))
    execute(step, ctx)
    step.recover(ctx)
    put_in = {name for text in texts if isinstance(text, PageText) for name in VARIABLE.findall(text.text)}
    assert put_in == set(VARIABLE.findall(toml))
    assert not [text for text in texts if isinstance(text, str) and VARIABLE.search(text)]


def test_a_table_named_like_a_value_is_that_table() -> None:
    world, texts = World(), list[str | PageText]()
    world.applied["run-1/m"] = 1
    tools = world.tools()
    ctx = replace(context(world), tools=replace(tools, shell=Listening(tools.shell, texts)))
    execute(box("data-return", DB + 'database = "db"\ntables = ["\\"<ref>\\""]\nundoes = "m"\n'), ctx)
    assert '"<ref>"' in [text for text in texts if isinstance(text, str)]


def test_the_preflight_reads_a_traffic_path_as_the_check_does() -> None:
    world = World()
    step = box("traffic", 'host = "h"\nfile = "/var/log/x"\npath = "/api/<ref>"\nsince = ""\n')
    for check in step.preflight():
        check.run_preflight(PreflightContext(tools=world.tools(), ref="main"))
    execute(step, context(world))
    assert [env["WHERE"] for _, env in world.asked] == ["^/api/<ref>$"] * 2


REFUSED = {
    "expect": 'expect = { customer = "$CUSTOMER" }',
    "expect[]": 'expect = { customer = ["a", { b = "$CUSTOMER" }] }',
    "trace.where": 'trace = { path = "/api/jobs", where = { customer = "$CUSTOMER" } }',
    "each.where": 'each = { path = "/jobs", values = { v = "id" }, where = { customer = "$CUSTOMER" } }',
    "headers": 'headers = { "$CUSTOMER" = "x" }',
}


@pytest.mark.parametrize("field", REFUSED)
def test_the_page_is_refused_with_the_line_of_the_field(field: str) -> None:
    error = page_error(spoil(('path = "/health"\n', f'path = "/health"\n{REFUSED[field]}\n')))
    assert (error.line, error.where) == (line_of(SMALL, 'path = "/health"') + 1, "Health")
    assert error.what == (
        f"{field.removesuffix('[]')}: $CUSTOMER would stay as these letters: a variable is put in only where the text "
        "is sent (a path, a header, a body, env, an address, a folder); write the text itself"
    )


def test_in_sql_a_tag_still_quotes_a_text_and_names_no_variable() -> None:
    query = box("query", 'database = "db"\nsql = "SELECT $TAG$it\'s$TAG$"\n')
    assert list(variables_in(query)) == []
    with pytest.raises(ValidationError, match=r"\$USER would stay as these letters"):
        box("query", 'database = "db"\nsql = "SELECT count(*) FROM t WHERE name = \'$USER\'"\n')


@pytest.mark.parametrize(("kind", "text", "named"), [
    ("run", 'host = "h"\ncommands = ["x $TAG"]\nenv = { TAG = "$VAR2" }\n', {"$VAR2"}),
    ("run", 'host = "h"\ncommands = ["x"]\nprobe = "x $TAG"\nenv = { TAG = "$TAG" }\n', {"$TAG"}),
    ("maintenance", 'host = "h"\nstate = "on"\ncommand = "x $TAG"\nenv = { TAG = "$VAR2" }\n', {"$VAR2"}),
    ("logs", 'host = "h"\nsince = "m"\ncommand = "x $SINCE"\n', set()),
    ("service", OWN + 'restart = "x $TAG"\n', {"$VAR1", "$VAR2"}),
])  # fmt: skip
def test_a_variable_of_a_command_is_none_of_the_bot(kind: str, text: str, named: set[str]) -> None:
    assert set(variables_in(box(kind, text))) == named


@pytest.mark.parametrize(("kind", "text"), [
    ("run", 'host = "h"\ncommands = ["x $TAG"]\n'),
    ("run", 'host = "h"\ncommands = ["TAG=1"]\nprobe = "x $TAG"\n'),
    ("maintenance", 'host = "h"\nstate = "on"\ncommand = "x $TAG"\n'),
    ("logs", 'host = "h"\nsince = "m"\ncommand = "x $SINCE $TAG"\n'),
    ("steady", 'host = "h"\nmanager = "commands"\nname = "a"\nrunning = "x $TAG"\n'),
    ("steady", 'host = "h"\nmanager = "commands"\nname = "a"\nrunning = "x"\nlog = "x $SINCE $TAG"\n'),
])  # fmt: skip
def test_a_variable_of_a_command_that_nothing_sets_is_refused(kind: str, text: str) -> None:
    assert "nothing on this page sets $TAG" in box(kind, text).page_error({})
