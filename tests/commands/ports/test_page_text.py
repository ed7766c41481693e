"""A text of the page is rendered in one pass: what was put in is never read again."""

from __future__ import annotations

from commands.ports.page_text import PageText


def rendered(text: str, **values: str) -> str:
    """The text with names in brackets and values in braces, so that a test sees what was taken for what."""
    return PageText(text, values).render(lambda name: f"[{name}]", lambda value: f"{{{value}}}")


def test_names_and_values_of_the_page_are_put_in() -> None:
    assert rendered("Bearer $TOKEN for <job>, <JOB> < 1, $5, $lower", job="7") == (
        "Bearer [TOKEN] for {7}, <JOB> < 1, $5, $lower"
    )


def test_a_name_inside_a_value_is_data() -> None:
    assert rendered("$A <x>", x="$SLACK_BOT_TOKEN") == "[A] {$SLACK_BOT_TOKEN}"


def test_a_value_inside_a_value_is_data() -> None:
    assert rendered("<a><b>", a="<b>", b="<a>") == "{<b>}{<a>}"


def test_two_values_cannot_become_a_name_together() -> None:
    assert rendered("<a><b>", a="$SLACK_", b="BOT_TOKEN") == "{$SLACK_}{BOT_TOKEN}"
    assert str(PageText("$<a>", {"a": "SECRET"})) == "$SECRET"
    assert rendered("$<a>", a="SECRET") == "${SECRET}"


def test_an_unknown_value_stays_as_it_is() -> None:
    assert rendered("<job> <other>", job="7") == "{7} <other>"


def test_as_text_for_messages_it_shows_values_and_no_variable() -> None:
    assert str(PageText("/jobs/<job>?key=$KEY", {"job": "7"})) == "/jobs/7?key=$KEY"
