"""The JSON schema of the boxes, as an editor reads it: what the page's reader takes is right."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from bot.cli import main
from bot.settings import shipped_runbooks
from commands.reference.boxes import HEAD_BOXES, WHOLE_BOX, head_docs, kind_docs
from commands.reference.schema import box_schema, page_schema
from commands.runbook.markdown import read_sections
from commands.runbook.mistakes import Mistakes
from commands.steps import KINDS
from tests.commands.reference.schema_check import errors

MODELS = {**KINDS, **HEAD_BOXES}
EXAMPLES = {doc.name: doc.example for doc in (*kind_docs(), *head_docs())}


def wrong(name: str, toml: str) -> list[str]:
    """What the schema finds in a box."""
    schema = box_schema(name)
    return errors(tomllib.loads(toml), schema, schema)


@pytest.mark.parametrize("name", MODELS)
def test_the_schema_has_every_field_with_its_description(name: str) -> None:
    schema = box_schema(name)
    if name in WHOLE_BOX:
        assert schema["additionalProperties"] == {"$ref": "#/definitions/Role"}
        return
    fields = {field.alias or name: field for name, field in MODELS[name].model_fields.items()}
    assert set(schema["properties"]) == set(fields)
    assert {name: one["description"] for name, one in schema["properties"].items()} == {
        name: field.description for name, field in fields.items()
    }
    assert set(schema.get("required", ())) == {name for name, field in fields.items() if field.is_required()}
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", MODELS)
def test_each_example_is_right_by_the_schema(name: str) -> None:
    assert wrong(name, EXAMPLES[name]) == []


def test_each_box_of_the_shipped_pages_is_right_by_the_schema() -> None:
    for file in shipped_runbooks().glob("*.md"):
        boxes = [section.box for section in read_sections(file.read_text(), Mistakes()) if section.box]
        assert [(box.line, found) for box in boxes if (found := wrong(box.kind, box.source))] == []
        assert len(boxes) > 30


@pytest.mark.parametrize(
    ("name", "good", "bad", "error"),
    [
        ("backup", 'takes = "5 min"', 'takes = "5m"', ".takes: another pattern"),
        ("backup", 'host = "backend"', 'hots = "backend"', ".host: missing"),
        ("backup", 'folder = "$SHOP_BACKUPS"', 'folder = "/backups"', ".folder: another pattern"),
        ("gate", 'role = "dba"', "role = 1", ".item[1].role: not string"),
        ("keep", 'store = "$SHOP_KEPT"', 'store = "$SHOP_KEPT"\nnewest = 0', ".newest: too small"),
        ("http", 'answers = "object"', 'answers = "table"', ".answers: not one of the choices"),
        ("roles", 'title = "Tech lead"', "title = true", ".lead.title: not string"),
        ("places", 'url = "$SHOP_API_URL"', 'address = "$SHOP_API_URL"', ".webs.api.url: missing"),
    ],
)
def test_what_an_author_gets_wrong_is_seen(name: str, good: str, bad: str, error: str) -> None:
    assert good in EXAMPLES[name]
    assert error in wrong(name, EXAMPLES[name].replace(good, bad, 1))


def test_a_short_form_is_right_too() -> None:
    assert wrong("http", 'web = "a"\npath = "/"\nclean_up = "/x"\nvalues = { job = "id" }') == []
    assert wrong("http", 'web = "a"\npath = "/"\nclean_up = { path = "/x" }\nvalues = { job = { field = "id" } }') == []
    running = '{ on = "backend", pm2 = "api" }'
    for written in (running, f"[{running}]"):
        assert wrong("release", f'host = "backend"\nrepository = "$REPO"\nrunning = {written}') == []


def test_defaults_are_as_a_page_writes_them() -> None:
    fields = box_schema("service")["properties"]
    assert (fields["limit"]["default"], fields["steady"]["default"]) == ("10 min", "10 s")
    assert "default" not in fields["takes"]
    assert "null" not in json.dumps(page_schema())


def test_the_command_prints_one_box_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    def printed(*arguments: str) -> Any:
        assert main(["schema", *arguments]) == 0
        return json.loads(capsys.readouterr().out)

    assert printed("http") == box_schema("http")
    whole = printed()
    assert set(whole["properties"]) == set(MODELS)
    assert errors({name: tomllib.loads(text) for name, text in EXAMPLES.items()}, whole, whole) == []
    assert main(["schema", "htpt"]) == 1
