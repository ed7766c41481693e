"""What looks runnable on a page and would not run is refused with its true line."""

from __future__ import annotations

import pytest

from commands.runbook.markdown import Box, read_sections
from commands.runbook.mistakes import Mistakes
from commands.runbook.typed import not_typed
from tests.commands.runbook.spoiling import DEPLOY_BOX, line_of, page_error
from tests.pages import SMALL, small, spoil, stored

QUOTED = "\n".join("> " + line for line in DEPLOY_BOX.splitlines())


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        (
            'role = "lead"\n```\n',
            'role = "lead"\n',
            '```toml decision\nrole = "lead"',
            "this box is never closed; end it with a line of three backticks",
        ),
        (
            'takes = "10 min"\n```',
            'takes = "10 min"\n',
            "```toml run\nhost",
            "this box is never closed; end it with a line of three backticks (line 62 starts another box)",
        ),
        (
            DEPLOY_BOX,
            f"<!--\n### Hidden\n{DEPLOY_BOX}\n-->",
            "### Hidden",
            "a heading or a box inside an HTML comment or block would not run; move it out",
        ),
        (
            "### Health",
            "<!-- <h2>of\nold</h2> -->\n\n<H2 class='x'>Health</H2>",
            "<H2 class",
            "a heading in HTML is shown as one, but it is no step and no part; write one to six # and a space",
        ),
        (
            "### Health",
            "Then: <h3>Health</h3>",
            "Then: <h3>",
            "a heading in HTML is shown as one, but it is no step and no part; write one to six # and a space",
        ),
        (
            DEPLOY_BOX,
            f"<details>\n\n{DEPLOY_BOX}\n\n</details>",
            "```toml run\nhost",
            "a step inside <details> is hidden from readers; move it out",
        ),
        (
            DEPLOY_BOX,
            f"```bash\nls\n```\n{DEPLOY_BOX}",
            "```bash",
            'a "bash" box looks runnable but does not run; write a ```toml KIND box, or ```text to only show it',
        ),
        (
            DEPLOY_BOX,
            f"```\nls\n```\n{DEPLOY_BOX}",
            "```\nls",
            "a nameless box looks runnable but does not run; write a ```toml KIND box, or ```text to only show it",
        ),
        (
            DEPLOY_BOX,
            f"    rm -rf /\n\n{DEPLOY_BOX}",
            "    rm -rf /",
            "indented text looks like code; write a ```text box, or remove the indent",
        ),
        (
            DEPLOY_BOX,
            f"{DEPLOY_BOX}\n\n```toml gate\n```",
            "```toml gate\n```",
            "two boxes under one heading; give the second box its own heading",
        ),
        (
            DEPLOY_BOX,
            QUOTED,
            "> ```toml run",
            "a box inside a list or a quote is easily overlooked; move it to the left margin",
        ),
        (
            "### Health",
            "> ### Health",
            "> ### Health",
            "a heading inside a list or a quote is easily overlooked; move it to the left margin",
        ),
        *[
            (
                "### Health",
                f"{almost}\n\n### Health",
                almost,
                "this looks like a heading, but Markdown does not read it as one; "
                + (
                    "a no-break space stands where a plain space is needed; type the space again"
                    if "\u00a0" in almost
                    else "write one to six # and a space"
                ),
            )
            for almost in (
                "##Smoke tests",
                "##\u00a0Smoke tests",
                "####### Smoke tests",
                "＃＃ Smoke tests",
                "   ##Watch",
            )
        ],
        (
            "takes = ",
            "takes = 10:30 # ",
            "takes = 10:30",
            "the box is not valid TOML: Expected newline or end of document after a statement",
        ),
        *[
            ("takes = ", f"takes = {wrong} # ", f"takes = {wrong}", f"the box is not valid TOML: {says}")
            for wrong, says in (
                ("“10 min”", 'a typographic quote (“) stands where " is needed; write "'),
                ("‘10 min’", "a typographic quote (‘) stands where ' or \" is needed; write one of these"),
            )
        ],
        (
            "takes = ",
            "takes\u00a0= ",
            "takes\u00a0= ",
            "the box is not valid TOML: a no-break space stands where a plain space is needed; type the space again",
        ),
        (
            "takes = ",
            "\u200btakes = ",
            "\u200btakes = ",
            "the box is not valid TOML: an invisible character stands there; type the line again",
        ),
        (
            "takes = ",
            'takes = "1 min"\ntakes = ',
            'takes = "10 min"',
            "the box is not valid TOML: this field is in the box twice; remove one",
        ),
        (
            "commands = [",
            'kind = "gate"\ncommands = [',
            'kind = "gate"',
            "kind: the box already says `toml run`; remove the field",
        ),
    ],
)
def test_what_would_not_run_is_refused_with_its_line(old: str, new: str, at: str, what: str) -> None:
    text = spoil((old, new))
    error = page_error(text)
    assert error.what == what
    assert error.line == line_of(text, at), f"wrong line in: {error}"


@pytest.mark.parametrize("prose", ["#deploys is the channel", "#42 is fixed", "C# and F#", "a ## b", "\\## no heading"])
def test_a_hash_in_prose_is_no_heading(prose: str) -> None:
    assert read_sections(f"# Page\n\n{prose}\n", Mistakes())[0].prose.strip() == prose


@pytest.mark.parametrize("line", ['takes = “10 min” "', "takes = 10 min # “soon”"])
def test_a_typographic_quote_outside_of_a_string_is_named(line: str) -> None:
    assert not_typed(line).startswith("a typographic quote (“) stands where")


@pytest.mark.parametrize("line", ['takes = "it’s “soon”" x', "takes = 'it’s' x", "takes = 10 min"])
def test_a_typographic_quote_inside_a_string_is_a_letter_like_others(line: str) -> None:
    assert not not_typed(line)


def test_a_heading_in_html_stops_no_run_that_has_its_page_and_one_in_a_comment_is_none() -> None:
    with_one = {"### Health": "Then: <h3>Old</h3>\n\n### Health"}
    assert "health" in {step.id for step in stored(**with_one).steps}
    assert small(**{"### Health": "<!-- <h3>Old</h3> -->\n\n### Health"}).steps
    assert small(**{"### Health": "Then: <hr> and <header>\n\n### Health"}).steps


def test_a_box_before_the_first_heading_is_refused() -> None:
    error = page_error(f"{DEPLOY_BOX}\n\n{SMALL}")
    assert str(error) == "line 1: a box before the first heading; move it under a heading"


def test_text_boxes_and_tables_are_prose() -> None:
    sections = read_sections(
        "# Title\n\nIntro\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```text\nrm -rf /\n```\n", Mistakes()
    )
    assert [(section.title, section.box) for section in sections] == [("Title", None)]
    assert sections[0].prose.startswith("Intro\n")


def test_sections_have_their_level_title_and_line() -> None:
    sections = read_sections("# 🚀 A\n\ntext\n\n## B\n```toml gate\nid = 1\n```\n", Mistakes())
    assert [(section.level, section.title, section.line) for section in sections] == [(1, "🚀 A", 1), (2, "B", 5)]
    box = sections[1].box
    assert box
    assert (box.kind, box.line, box.fields) == ("gate", 6, {"id": 1})


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 11),
        (("item", 0, "text"), 13),
        (("roles", "dba", "people"), 15),
        (("expect", "status"), 16),
        (("missing",), 10),
        ((), 10),
    ],
)
def test_the_line_of_a_field_is_found_in_tables_and_inline_tables(path: tuple[str | int, ...], line: int) -> None:
    source = 'name = "x"\n[[item]]\ntext = "a"\n[roles.dba]\npeople = "$A"\nexpect = { status = 1 }\n'
    assert Box(kind="run", line=10, source=source, fields={}).line_of(path) == line
