"""A page's author hears of every mistake at once, and of nothing that only follows from one."""

from __future__ import annotations

import pytest

from commands.runbook import read_page
from state.errors import MISTAKES_SHOWN, BadPage
from tests.commands.runbook.spoiling import line_of
from tests.pages import spoil

SECOND_ALERT = """in_a_row = 2

[[alert]]
name = "CPU"
check = "response-time"
measure = "cpu"
above = "high"
"""


def mistakes(*changes: tuple[str, str]) -> tuple[str, list[BadPage]]:
    """The text of the small page with these changes, and its mistakes."""
    text = spoil(*changes)
    with pytest.raises(BadPage) as caught:
        read_page(text, "page.md")
    return text, list(caught.value.mistakes)


def test_every_mistake_of_a_page_is_told_at_once_in_the_order_of_the_lines() -> None:
    text, found = mistakes(
        ('time_zone = "Asia/Bangkok"', 'time_zone = "Asia/Bangok"'),
        ('role = "dba"', 'role = "dbaa"'),
        ('takes = "10 min"', 'takes = "ten minutes"\nlimits = "3 min"'),
        ('web = "api"\npath = "/health"', 'web = "apis"\npath = "/health"'),
        ('every = "15 min"\n', ""),
        ("above = 5.0", "above = 5.0\nbelow = 9.0"),
        ('role = "lead"\n```', 'roles = "lead"\n```'),
    )
    assert [(mistake.line, mistake.what.partition(":")[0]) for mistake in found] == [
        (line_of(text, "time_zone"), "time_zone"),
        (line_of(text, "### ✅"), "role"),
        (line_of(text, "takes"), "takes"),
        (line_of(text, "limits"), "limits"),
        (
            line_of(text, "### Health"),
            '"apis" is not under [webs] in Places, which has api; write one of these, or add it there',
        ),
        (line_of(text, "### Response time"), "every"),
        (line_of(text, "## Alerts"), "below"),
        (line_of(text, 'roles = "lead"'), "roles"),
    ]


def test_several_wrong_fields_of_one_box_are_told_each_on_its_line() -> None:
    text, found = mistakes(('web = "api"\npath = "/health"', 'web = 1\npth = "/health"\nstatus = "two hundred"'))
    assert [(mistake.line, mistake.what.partition(":")[0]) for mistake in found] == [
        (line_of(text, "web = 1"), "web"),
        (line_of(text, "pth ="), "pth"),
        (line_of(text, "status = "), "status"),
    ]


def test_a_row_of_a_table_is_found_by_its_own_line() -> None:
    text, found = mistakes(("in_a_row = 2\n", SECOND_ALERT))
    assert [(mistake.line, mistake.what) for mistake in found] == [
        (line_of(text, 'above = "high"'), "alert 2, above: must be a number, not 'high'")
    ]


def test_a_box_that_cannot_be_read_keeps_no_other_mistake_silent() -> None:
    text, found = mistakes(
        ('host = "backend"\ncommands = ["deploy"]', 'host = "backend\ncommands = ["deploy"]'),
        ('check = "response-time"', 'check = "response-tim"'),
    )
    assert [mistake.line for mistake in found] == [line_of(text, 'host = "backend\n'), line_of(text, "## Alerts")]


@pytest.mark.parametrize(
    "changes",
    [
        # what names a flawed step, or needs one of its values, may be right
        [('commands = ["deploy"]', 'command = ["deploy"]')],
        [('```toml http\nweb = "api"\npath = "/jobs"', '```toml htp\nweb = "api"\npath = "/jobs"')],
        [('every = "15 min"', 'every = "15 mim"')],
        [
            ('commands = ["deploy"]', 'commands = ["deploy"]\nlimits = "1 min"\nvalues = { colour = 1 }'),
            ('commands = ["undeploy"]', 'commands = ["undeploy <colour>"]'),
        ],
        # so may what names a role or a place, while their boxes are flawed
        [("[dba]\ntitle", "[dba]\ntitel")],
        [('[webs.api]\nurl = "$SHOP_URL"', '[webs.api]\nul = "$SHOP_URL"')],
        [("[[alert]]", "[[alert]")],
        [('lasts = "1 h"', 'last = "1 h"')],
    ],
)
def test_what_only_follows_from_a_mistake_is_not_told(changes: list[tuple[str, str]]) -> None:
    _, found = mistakes(*changes)
    flawed = {mistake.where for mistake in found}
    assert len(flawed) == 1, f"one box is wrong, and these were told: {[mistake.sentence for mistake in found]}"


RETURN = """commands = ["undeploy"]
```

### Bring rows back

```toml data-return
host = "backend"
database = "production"
database_url = "$SHOP_URL"
folder = "$SHOP_URL"
tables = ["jobs"]
undoes = "apply"
```
"""


@pytest.mark.parametrize("undone", ["nothing", "flawed"])
def test_whether_a_step_fits_what_it_undoes_is_not_judged_while_that_is_wrong(undone: str) -> None:
    more = {"nothing": "", "flawed": '\nid = "apply"\nlimits = "1 min"'}[undone]
    _, found = mistakes(
        ('commands = ["deploy"]', f'commands = ["deploy"]{more}'), ('commands = ["undeploy"]\n```\n', RETURN)
    )
    told = [mistake.sentence for mistake in found]
    assert not any("must name the sql or migrate step" in sentence for sentence in told), told
    assert any({"nothing": 'there is no step "apply"', "flawed": "limits:"}[undone] in sentence for sentence in told)


def test_a_message_shows_the_first_mistakes_and_counts_the_others() -> None:
    names = "\n".join(f"unknown_{number} = 1" for number in range(8))
    with pytest.raises(BadPage) as caught:
        read_page(spoil(('takes = "10 min"', names)), "page.md")
    *shown, last = str(caught.value).splitlines()
    assert shown == [mistake.sentence for mistake in caught.value.mistakes[:MISTAKES_SHOWN]]
    assert last == "and 3 more; `gonogo check` shows them all"
