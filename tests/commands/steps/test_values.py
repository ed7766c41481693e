"""Values are filled into texts, and read from the `name=value` lines of a script's output."""

from __future__ import annotations

from commands.ports.page_text import PageText
from commands.steps.shell_text import fill_shell
from commands.steps.values import fill, fill_json, page_json, parse_values, without_values

VALUES = {"ref": "main", "job": "7; rm -rf /"}


def test_known_placeholders_are_filled_in_and_unknown_ones_stay() -> None:
    assert fill("deploy <ref> to <place>, <REF> < 1", VALUES) == "deploy main to <place>, <REF> < 1"


def test_a_filled_in_value_is_not_filled_in_again() -> None:
    assert fill("<a>", {"a": "<b>", "b": "x"}) == "<b>"


def test_values_are_quoted_for_a_shell_command() -> None:
    assert fill_shell("delete <job>", VALUES) == "delete '7; rm -rf /'"


def test_every_text_inside_json_is_filled_in_but_no_key() -> None:
    data = {"<ref>": ["<ref>", {"id": "<ref>", "count": 3, "last": None}]}
    assert fill_json(data, VALUES) == {"<ref>": ["main", {"id": "main", "count": 3, "last": None}]}


def test_a_text_that_is_one_number_becomes_a_json_number() -> None:
    data = {"id": "<id>", "text": "no <id>", "share": "<share>", "ref": "<ref>"}
    values = {**VALUES, "id": "7", "share": "-0.5"}
    assert fill_json(data, values, {"id", "share"}) == {"id": 7, "text": "no 7", "share": -0.5, "ref": "main"}
    assert fill_json(data, values)["id"] == "7"


def test_the_texts_of_a_requests_body_are_texts_of_the_page() -> None:
    assert page_json({"a": ["$TOKEN <ref>", 1]}, VALUES) == {"a": [PageText("$TOKEN <ref>", VALUES), 1]}


def test_the_last_value_of_a_name_counts() -> None:
    assert parse_values("commit=1\nnoise\nNAME=2\ncommit=3\nempty=\n") == {"commit": "3", "empty": ""}


def test_the_other_lines_of_an_output_remain() -> None:
    assert without_values(["commit=1", "Error: x=1", "NAME=2"]) == ("Error: x=1", "NAME=2")
