"""Every name has its target on the page, and no alert, criterion or field is without effect."""

from __future__ import annotations

import pytest

from bot.settings import shipped_runbooks
from commands.runbook import read_page, read_stored_page
from commands.runbook.page import Part
from state.errors import BadPage
from tests.commands.runbook.spoiling import DEPLOY_BOX, page_error
from tests.pages import SMALL, small, spoil

DATABASE = ("[webs.api]", '[databases.shop]\nurl = "$SHOP_DB"\n\n[webs.api]')
ROLLBACK_BOX = '```toml run\nhost = "backend"\nundoes = "put-the-code-there"\ncommands = ["undeploy"]\n'
DATA_RETURN = """```toml data-return
host = "backend"
database = "shop"
database_url = "$SHOP_DB"
folder = "$SHOP_BACKUPS"
tables = ["jobs"]
undoes = "put-the-code-there"
"""
NOTIFY = '```toml notify\nid = "put-the-code-there"\ntext = "Now"\nroles_to_tell = ["dbaa"]\n```'
LOSES = 'within = "15 min"\nloses = { database = "none", sql = "SELECT 1", says = "rows" }'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'host = "backend"\ncommands = ["deploy"]',
            'host = "frontend"\ncommands = ["deploy"]',
            '"frontend" is not under [hosts] in Places, which has backend; write one of these, or add it there',
        ),
        ('"backend"\ncommands = ["deploy"]', '""\ncommands = ["deploy"]', '"" is not under [hosts]'),
        ('role = "lead"\n```', 'role = ""\n```', 'Decision: role: "" is not on the page'),
        ('role = "dba" }', 'role = "" }', ': role: "" is not on the page; Emergency contacts has dba, lead'),
        ('role = "dba" }', 'role = "dbas" }', ': role: "dbas" is not on the page; Emergency contacts has dba, lead'),
        (
            'commands = ["deploy"]',
            'commands = ["deploy <commit>"]',
            "no step above sets it; write what it stands for, or let a step above keep it in `values`",
        ),
        (
            'undoes = "put-the-code-there"',
            'undoes = "put-it"',
            'undoes: there is no step "put-it" on the page; write the id of a step',
        ),
        (
            'takes = "10 min"',
            'undoes = "health"',
            "undoes: only a step of the rollback undoes another; remove it",
        ),
        (
            'every = "15 min"\n',
            "",
            'every: is missing; write how often the check runs, like every = "15 min"',
        ),
        ('takes = "10 min"', 'every = "10 min"', "every: only a check of the watch is repeated; remove it"),
        (
            'time_zone = "Asia/Bangkok"',
            'time_zone = "Asia/Bangkok"\nafter_rollback = "15 min"',
            "after_rollback: nothing would be checked; add a step to the rollback that only looks",
        ),
        (
            'time_zone = "Asia/Bangkok"',
            'time_zone = "Asia/Bangkok"\nafter_rollback = "10 s"',
            'is too short to see anything; write at least "1 min"',
        ),
        ('takes = "10 min"', "after = []", "after: only steps of the rollback may run in parallel; remove it"),
        (
            'undoes = "put-the-code-there"',
            'after = ["health"]',
            'after: there is no step "health" above it in the rollback; name one that is above it',
        ),
        (
            'undoes = "put-the-code-there"',
            'on_failure = "roll back"',
            "on_failure: a step of the rollback cannot roll back; write ask or tell",
        ),
        (
            'check = "response-time"',
            'check = "response"',
            'check: "response" is not on the page; the watch has response-time',
        ),
        ('role = "lead"\n```', 'role = "boss"\n```', 'Decision: role: "boss" is not on the page; Emergency contacts'),
        ("in_a_row = 2", 'pings = ["boss"]', 'Alerts: role: "boss" is not on the page; Emergency contacts has'),
        (
            'target = "shop"',
            'target = "shop"\nstarters = ["boss"]',
            'Runbook: role: "boss" is not on the page; Emergency contacts has',
        ),
        (DEPLOY_BOX, NOTIFY, 'role: "dbaa" is not on the page; Emergency contacts has dba, lead'),
        ('takes = "10 min"', 'asks = "dbaa"', 'role: "dbaa" is not on the page; Emergency contacts has dba, lead'),
        ('within = "15 min"', LOSES, 'loses: database: "none" is not on the page; Places has shop'),
        (ROLLBACK_BOX, DATA_RETURN, "must name the sql or migrate step"),
    ],
)  # fmt: skip
def test_every_name_must_have_its_target_on_the_page(old: str, new: str, message: str) -> None:
    assert message in str(page_error(spoil((old, new), DATABASE)))


ROW = "above = 5.0\nwarn_above = 1.0\nin_a_row = 2"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("in_a_row = 2", "above: the alert has neither above nor below, so it could never be raised; add one"),
        (
            "above = 5.0\nbelow = 9.0",
            "below: every value is above 5 or below 9, so it would always be raised; write less",
        ),
        (
            "above = 5.0\nwarn_above = 6.0",
            "warn_above: 6 is not below 5 (above), so it would never warn; write less",
        ),
        (
            "below = 5.0\ntimes_baseline = 2.0",
            "times_baseline: needs above as well, because every value is many times a baseline of 0; add it",
        ),
        (
            "above = 5.0\nin_a_row = 5",
            "in_a_row: the watch takes only 4 samples, so it could never be raised; write at most 4",
        ),
        (
            'above = 5.0\nlasting = "1 h"',
            "lasting: the watch itself takes only 1 h, so it could never be raised; write less",
        ),
        ("above = 5.0\ntimes_baseline = 1.0", "times_baseline: input should be greater than 1, not 1.0"),
        ('above = 5.0\ncountdown = "0 s"', "countdown: '0 s' is zero; write a duration above zero"),
        (
            'above = 5.0\notherwise = "x"',
            "otherwise: needs enough as well, which says how much this alert needs to judge; add it",
        ),
        (
            'above = 5.0\nenough = { requests = 1 }\notherwise = "x"',
            'otherwise: there is no alert "x"; name another alert of the table',
        ),
        (
            'above = 5.0\nenough = { requests = 1 }\notherwise = "API response > 5 s"',
            'otherwise: "API response > 5 s" cannot judge instead; name an alert of another check that has neither',
        ),
    ],
)
def test_an_alert_that_could_do_nothing_is_refused(row: str, message: str) -> None:
    with pytest.raises(BadPage) as caught:
        small(**{ROW: row})
    assert message in str(caught.value)


def test_an_expected_alert_needs_no_limit() -> None:
    assert small(**{ROW: "expected = true"}).alerts[0].expected


def test_an_alert_on_a_share_over_its_maximum_is_refused() -> None:
    with pytest.raises(BadPage, match="above: failed is never above 1, so it could never be raised; write less"):
        small(**{ROW: "above = 1.0", 'measure = "seconds"': 'measure = "failed"'})


def test_an_alert_must_be_on_a_check_of_the_watch() -> None:
    with pytest.raises(BadPage, match='check: "health" is not in the watch, so it is measured only once'):
        small(**{'check = "response-time"': 'check = "health"'})


def test_two_alerts_of_one_name_are_refused() -> None:
    twin = (
        '[[alert]]\nname = "API response > 5 s"\ncheck = "response-time"\nmeasure = "failed"\nabove = 0.5\n\n[[alert]]'
    )
    with pytest.raises(BadPage, match="API response > 5 s: name: two alerts have this name; give each its own"):
        small(**{"[[alert]]": twin})


@pytest.mark.parametrize(
    ("criterion", "message"),
    [
        ('text = "Fast", shown_by = ["fast"]', 'Fast: shown_by: "fast" is not on the page; the page has'),
        (
            'text = "Fast", shown_by = ["response-time"], above = 2.0',
            "Fast: above: is a limit for the measure of an alert; name only alerts in shown_by",
        ),
        (
            'text = "Fast", above = 2.0',
            "Fast: above: is a limit for the measure of an alert; name only alerts in shown_by",
        ),
        (
            'text = "Fast", shown_by = ["response-time"], within = "10 min"',
            'Fast: within: "response-time" is not a check that runs within that time; write more, or name',
        ),
        (
            'text = "Fast", shown_by = ["health"], within = "1 h"',
            'Fast: within: "health" is not a check that runs within that time',
        ),
    ],
)
def test_a_criterion_that_means_nothing_is_refused(criterion: str, message: str) -> None:
    part = f"## Success criteria\n\n```toml criteria\ngo = [{{ {criterion} }}]\n```\n\n## Decision"
    error = page_error(spoil(("## Decision", part)))
    assert message in str(error)


def test_smoke_tests_are_not_run_again_on_a_page_without_any() -> None:
    again = '### Again\n\n```toml repeat\npart = "smoke tests"\nevery = "1 h"\n```\n\n## Alerts'
    start, end = SMALL.index("## Smoke tests"), SMALL.index("## Watch")
    without = SMALL[:start] + SMALL[end:].replace("## Alerts", again, 1)
    assert read_page(SMALL.replace("## Alerts", again, 1), "page.md").part(Part.SMOKE_TESTS)
    assert page_error(without).what == (
        "part: the page has no smoke tests, so nothing would be run again; add some, or remove this step"
    )


def test_an_alert_about_a_measure_that_its_check_does_not_have_is_refused() -> None:
    why = '"response-time" does not measure second; it measures failed, seconds, status'
    assert page_error(spoil(('measure = "seconds"', 'measure = "second"'))).what == f"measure: {why}"
    enough = page_error(spoil(("in_a_row = 2", "enough = { requests = 20 }")))
    assert enough.what == f"enough: {why}".replace("second;", "requests;")


def test_a_run_that_has_its_page_may_have_an_alert_about_no_measure() -> None:
    page = read_stored_page(spoil(('measure = "seconds"', 'measure = "second"')), "page.md")
    assert page.alerts[0].measure == "second"


QUERY = 'toml query\ndatabase = "shop"\nsql = "SELECT 1, count(*) AS requests FROM t"\nmeasure = "share"'


def test_a_query_measures_what_its_columns_are_called() -> None:
    changes = [DATABASE, ('toml http\nweb = "api"\npath = "/jobs"', QUERY)]
    for name in ("share", "requests", "seconds"):
        read_page(spoil(*changes, ('measure = "seconds"', f'measure = "{name}"')), "page.md")
    wrong = ('measure = "seconds"', 'measure = "request"')
    error = page_error(spoil(*changes, wrong))
    assert error.what == 'measure: "response-time" does not measure request; it measures failed, seconds, share'
    read_page(spoil(*changes, wrong, ("SELECT 1, count(*) AS requests", "SELECT 1, t.*")), "page.md")


@pytest.mark.parametrize(
    ("file", "titles"),
    [
        (
            "016_extend_v1_remove_v2_approval_flow",
            ("Rehearse the migration", "2️⃣ Final Code Review", "STEP 1: Run Forward Migration"),
        ),
        ("016_ROLLBACK_extend_v1_remove_v2", ("Rehearse the migration", "STEP 2: Rollback database")),
    ],
)
def test_a_sql_file_that_no_release_step_stores_is_refused_at_each_step_but_stops_no_run(
    file: str, titles: tuple[str, ...]
) -> None:
    text = shipped_runbooks().joinpath("option-a.md").read_text()
    line = f'    "database/migrations/manual/{file}.sql",\n'
    assert line in text
    text = text.replace(line, "", 1)
    with pytest.raises(BadPage) as caught:
        read_page(text, "option-a.md")
    refused = [one for one in str(caught.value).splitlines() if "is not in `files` of the release step; add it" in one]
    for title in titles:
        assert any(title in one for one in refused), (title, str(caught.value))
    read_stored_page(text, "option-a.md")
