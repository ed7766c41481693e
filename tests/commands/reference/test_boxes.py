"""Each field of a page is described in the code, with an example that the page's reader takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel, ValidationError

from bot.settings import read_page_file
from commands.reference import boxes
from commands.reference.boxes import HEAD_BOXES, BoxDoc, example_page, head_docs, kind_docs, require_box, step_fields
from commands.reference.field_forms import choices_of, form_of, takes_number, unit_of
from commands.reference.toml_text import toml_lines, toml_value
from commands.runbook.build import PARTS
from commands.runbook.places import Host
from commands.start.page_warnings import page_warnings
from commands.steps import KINDS
from commands.steps.base import StepBox
from state.errors import Refused
from tests.commands.reference.models import models

EXAMPLE_PAGE = Path(__file__).parents[3] / "commands" / "reference" / "example.md"


# a field that has a meaning beside another one only
BESIDE: dict[tuple[type[BaseModel], str], dict[str, str]] = {(Host, "env"): {"address": "local"}}


def wrong(model: type[BaseModel], toml: str) -> list[str]:
    """What the page's reader says about the one field that a box has, whatever else the box lacks."""
    ((field, value),) = tomllib.loads(toml).items()
    try:
        model.model_validate({**BESIDE.get((model, field), {}), field: value})
    except ValidationError as error:
        return [str(one["msg"]) for one in error.errors() if one["loc"][:1] == (field,)]
    return []


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_field_says_in_a_sentence_or_two_what_it_is_and_has_an_example(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        text = field.description or ""
        assert re.match(r"[A-Z\"`(].{10,190}\.$", text), f"{model.__name__}.{name} is not described: {text!r}"
        assert field.examples or choices_of(field), f"{model.__name__}.{name} has no example"
        assert unit_of(field) or not takes_number(field), f"{model.__name__}.{name} is a number without a unit"
        assert form_of(field)


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_example_of_a_field_is_taken_by_the_reader_of_the_page(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        for example in (*field.examples, *choices_of(field)) if field.examples else choices_of(field):
            line = f"{field.alias or name} = {toml_value(example)}"
            assert wrong(model, line) == [], f"{model.__name__}: {line}"
            lines = "\n".join(toml_lines(field.alias or name, example, 74))
            assert tomllib.loads(lines) == tomllib.loads(line)


def test_a_wrong_example_would_be_seen() -> None:
    assert wrong(KINDS["backup"], 'limit = "5"')
    assert wrong(KINDS["backup"], "jobs = 100")
    assert wrong(KINDS["backup"], 'folder = "/backups"')


def test_the_page_of_examples_is_good_and_has_every_box() -> None:
    page = read_page_file(EXAMPLE_PAGE)
    assert page_warnings(page) == ()
    assert set(re.findall(r"^```toml (\S+)", page.text, re.MULTILINE)) >= set(KINDS)
    assert page.text == example_page()


@pytest.mark.parametrize("doc", [*kind_docs(), *head_docs()], ids=lambda doc: doc.name)
def test_every_box_says_what_it_does_and_has_an_example(doc: BoxDoc) -> None:
    assert re.fullmatch(r"[A-Z`][^.]{10,150}(\.[^. ][^.]*)*\.", doc.does), doc.does
    assert tomllib.loads(doc.example)
    texts = re.sub(r"`[^`]*`", "", " ".join((doc.does, doc.proves, *doc.notes, *(part.text for part in doc.parts))))
    assert not re.search(r"<\w", texts), "in Markdown this would be a tag; put it in ` `"


@pytest.mark.parametrize("doc", kind_docs(), ids=lambda doc: doc.name)
def test_every_kind_says_what_it_proves_and_who_may_skip_it(doc: BoxDoc) -> None:
    kind = KINDS[doc.name]
    assert re.fullmatch(r"[a-z`].{10,}[^.]", doc.proves), doc.proves
    assert ("a second person" in doc.skip) == kind.needs_second_person
    assert (doc.changes == "yes") == kind.changes_production


def test_a_request_changes_production_depending_on_its_fields_and_a_gate_is_skipped_by_nobody() -> None:
    docs = {doc.name: doc for doc in kind_docs()}
    assert docs["http"].changes == "depends on its fields"
    assert docs["query"].changes == "no"
    assert docs["gate"].skip.startswith("nobody")


def test_the_fields_of_every_kind_are_told_once_except_where_one_means_something_else() -> None:
    shared = {field.name for field in step_fields()}
    assert shared == set(StepBox.model_fields)
    told = {(doc.name, field.name) for doc in kind_docs() for field in doc.fields if field.name in shared}
    assert told == {("data-return", "undoes"), ("errors", "limit"), ("prometheus", "limit"), ("wait", "why")}


def test_the_boxes_of_the_page_itself_are_those_that_its_reader_wants() -> None:
    assert set(HEAD_BOXES) == {"runbook", *PARTS.values()} - {""}


def test_a_kind_without_an_example_is_told_with_the_page_that_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class New(StepBox):
        kind: ClassVar[str] = "new"

    monkeypatch.setattr(boxes, "KINDS", {"new": New})
    with pytest.raises(LookupError, match=re.escape("commands/reference/example.md has no box `toml new`")):
        kind_docs()


def test_an_unknown_kind_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(Refused, match=re.escape('There is no kind "brwoser"; did you mean "browser"?')):
        require_box("brwoser")
    with pytest.raises(Refused, match=re.escape('There is no kind "qqq"; `gonogo kinds` lists them all.')):
        require_box("qqq")
    require_box("places")
