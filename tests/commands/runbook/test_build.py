"""A page is built from its boxes; each mistake is refused with line, step and field."""

from __future__ import annotations

import pytest

from commands.runbook import read_page
from commands.runbook.build import PARTS, slug
from commands.runbook.page import Part
from tests.commands.runbook.spoiling import DEPLOY_BOX, line_of, page_error
from tests.pages import SMALL, small, spoil

EVERY_PART = ", ".join(f'"{part.capitalize()}"' for part in PARTS)
TOO_LARGE = "the number is too large; write one of at most 18 digits"


def test_the_small_page_is_complete() -> None:
    page = small()
    assert [step.id for step in page.steps] == [
        "ready",
        "put-the-code-there",
        "health",
        "response-time",
        "put-the-old-code-back",
    ]
    assert page.roles["dba"].title == "Database Admin"
    assert page.title == "🚀 A small deploy"


NO_ADDRESS = (
    "hosts.backend.address: 'root@10.0.0.1' must be the name of an environment variable, written \"$NAME\"; "
    'or "local", the bot\'s own machine'
)


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("1️⃣ Backup Production Database (สำคัญที่สุด!)", "1-backup-production-database-สำคัญที่สุด"),
        ("🚀 **STEP 1: Run Forward Migration** (10 min)", "step-1-run-forward-migration-10-min"),
        ("ขั้นตอน", "ขั้นตอน"),
        ("👩‍💻 Café", "café"),
        ("🚀", ""),
    ],
)
def test_ids_keep_the_letters_of_any_script(title: str, expected: str) -> None:
    assert slug(title) == expected


@pytest.mark.parametrize("part", ["Rollback", "Deploy", "Emergency contacts", "Decision"])
def test_a_missing_part_is_named(part: str) -> None:
    start = SMALL.rindex("## ", 0, SMALL.index(part) + 1)
    after = SMALL.find("\n## ", start)
    text = SMALL[:start] + (SMALL[after + 1 :] if after > 0 else "")
    text = text.replace('undoes = "put-the-code-there"\n', "")
    assert page_error(text).what == f'the page has no part "## {part}"; every runbook page needs one'


PUT = "### Put the code there"


def test_a_bold_cell_of_a_table_is_not_taken_for_the_heading_of_a_part() -> None:
    table = "## Timeline\n\n| What | Time |\n|---|---|\n| **Deploy** | 10 min |\n\n## Smoke tests"
    assert read_page(spoil(("## Smoke tests", table)), "small.md").part(Part.SMOKE_TESTS)


@pytest.mark.parametrize(
    ("old", "new", "at", "what"),
    [
        ("# 🚀 A small deploy", "## Places", None, "the page must start with its title; write a heading with one #"),
        ("### Health", "# Health", "# Health", "a second title; write parts as headings with two #"),
        ("## Rollback", "## Rolback", "## Rolback", 'is not a part; did you mean "## Rollback"?'),
        ("## Smoke tests", "#### Smoke tests", "#### Smoke", '“Smoke tests” begins no part; write "## Smoke tests"'),
        ("## Smoke tests", "**Smoke tests:**", *(PUT, '“**Smoke tests:**” begins no part; write "## Smoke tests"')),
        ("## Smoke tests", "\\## smoke Tests", *(PUT, '“\\## smoke Tests” begins no part; write "## Smoke tests"')),
        (
            "### Health",
            "## Deploy\n\n### Health",
            "## Deploy\n\n### Health",
            'a second part "deploy"; move its steps to the first one',
        ),
        (
            "## Deploy",
            "## Something else",
            "```toml run\nhost",
            f"this box is in no part; move it to one of {EVERY_PART}",
        ),
        ("```toml run\nhost", "```toml rum\nhost", "```toml rum", 'there is no step kind "rum"; did you mean "run"?'),
        (
            "### Put the code there",
            "### 🚀",
            "### 🚀",
            'the heading has no letter or digit for an id; give the box an id = "..."',
        ),
        (
            "### Health",
            "### Put the code there",
            "### Put the code there\n\n```toml http",
            'id: the step on line 50 has the same id "put-the-code-there"; write another one, id = "..."',
        ),
        (
            "## Rollback",
            "### More\n\n```toml alerts\n```\n\n## Rollback",
            "### More",
            'the part "Alerts" may have only one box, directly under its heading; remove this one',
        ),
        (
            '```toml decision\nrole = "lead"\n```',
            "Nobody decides.",
            "## Decision",
            "this heading needs a ```toml decision box directly under it",
        ),
        ("commands = [", "comands = [", "comands = [", 'comands: is not a field of this box; did you mean "commands"?'),
        (
            "known_hosts =",
            "known_host =",
            "known_host =",
            'hosts.backend.known_host: is not a field of this box; did you mean "known_hosts"?',
        ),
        (
            '{ text = "The plan is read", role',
            '{ text = "The plan is read", rolle',
            '{ text = "The plan is read", rolle',
            'item 2, rolle: is not a field of this box; did you mean "role"?',
        ),
        (
            'on_failure = "roll back"',
            'expect = "ok"',
            'expect = "ok"',
            "expect: must be a table in curly brackets, like { name = 1 }, not 'ok'",
        ),
        (
            'path = "/health"',
            'path = "https://x.example"',
            'path = "https://x.example"',
            "path: 'https://x.example' begins with https://; write what stands behind the place's own address, like /",
        ),
        (
            "commands = [",
            "xyz = 1\ncommands = [",
            "xyz = 1",
            "xyz: is not a field of this box; remove it",
        ),
        (
            'commands = ["deploy"]\n',
            "",
            "```toml run\nhost",
            'commands: is missing; add it, like commands = ["npm ci", "npm run build"]',
        ),
        ('["deploy"]', "[]", "commands = []", "commands: needs at least 1 entry; add one"),
        ('["deploy"]', '"deploy"', "commands =", "commands: must be a list in square brackets, not 'deploy'"),
        (
            'takes = "10 min"',
            'takes = "10min"',
            'takes = "10min"',
            "takes: '10min' is not a duration; write it as \"30 s\", \"15 min\", \"4 h\" or \"2 d\"",
        ),
        (
            'takes = "10 min"',
            'limit = "0 s"',
            'limit = "0 s"',
            "limit: '0 s' is zero; write a duration above zero",
        ),
        (
            "time_zone =",
            'status_every = "5 s"\ntime_zone =',
            "status_every",
            'status_every: is too often; write at least "1 min"',
        ),
        (
            "time_zone =",
            'valid = "2 min"\ntime_zone =',
            "valid",
            'valid: is too short for people to sign; write at least "5 min"',
        ),
        (
            "time_zone =",
            'countdown = "90 s"\ntime_zone =',
            "countdown",
            'countdown: must be whole minutes, at most "4 h"',
        ),
        (
            'time_zone = "Asia/Bangkok"',
            'time_zone = "Bangkok"',
            'time_zone = "Bangkok"',
            "time_zone: 'Bangkok' is not a time zone; write for example \"Asia/Bangkok\"",
        ),
        *(
            (
                'time_zone = "Asia/Bangkok"',
                f'time_zone = "{zone}"',
                f'time_zone = "{zone}"',
                f"time_zone: '{zone}' is not a time zone; write for example \"Asia/Bangkok\"",
            )
            for zone in ("Asia", "a" * 300)
        ),
        (
            "time_zone =",
            'valid = "99999999999999 d"\ntime_zone =',
            "valid",
            "valid: '99999999999999 d' is too long; write at most \"366 d\"",
        ),
        *(
            (
                "above = 5.0",
                f"above = {number}",
                "above = ",
                f"alert 1, above: {number} is not a number that anything can be compared with; write a number",
            )
            for number in ("nan", "inf", "-inf")
        ),
        *(
            ("in_a_row = 2", f"{name} = {number}", name, f"alert 1, {name}: {TOO_LARGE}")
            for name in ("in_a_row", "above_all")
            for number in ("1000000000000000000", "0x" + "f" * 3900)
        ),
        ("above = 5.0", 'above = "5"', "above = ", "alert 1, above: must be a number, not '5'"),
        ("in_a_row = 2", "in_a_row = 2.5", "in_a_row = ", "alert 1, in_a_row: must be a whole number, not 2.5"),
        (
            'measure = "seconds"',
            "measure = 1",
            "measure = 1",
            "alert 1, measure: must be a text in quotes, not 1",
        ),
        ("in_a_row = 2", 'expected = "no"', "expected = ", "alert 1, expected: must be true or false, not 'no'"),
        (
            'on_failure = "roll back"',
            'on_failure = "stop"',
            'on_failure = "stop"',
            "on_failure: must be 'roll back', 'ask' or 'tell', not 'stop'",
        ),
        (
            'address = "$SHOP_SSH"',
            'address = "root@10.0.0.1"',
            'address = "root@10.0.0.1"',
            NO_ADDRESS,
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_line_and_what_to_write(old: str, new: str, at: str | None, what: str) -> None:
    text = spoil((old, new))
    error = page_error(text)
    assert error.what == what
    assert error.line == (line_of(text, at) if at else 1), f"wrong line in: {error}"


def test_the_message_names_the_line_the_step_and_the_field() -> None:
    text = spoil(('takes = "10 min"', "takes = 10"))
    line = line_of(text, "takes = 10")
    assert str(page_error(text)).startswith(
        f"line {line}, Put the code there: takes: 10 is not a duration; write it as"
    )


def test_titles_in_messages_have_no_markdown() -> None:
    text = spoil(("### Put the code there", "### **Put** the `code` there"), ('"10 min"', '"10min"'))
    assert page_error(text).where == "Put the code there"


def test_a_box_under_the_heading_of_a_part_with_steps_is_no_step() -> None:
    assert len(small(**{DEPLOY_BOX: f"Some prose.\n\n{DEPLOY_BOX}"}).steps) == 5
