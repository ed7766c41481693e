"""One step for each host of a group, and all that names such a step or host."""

from __future__ import annotations

from commands.runbook.groups import hosts_in_words, lines_of_page
from commands.runbook.page import Part
from commands.runbook.plan import plan_lines, timeline
from commands.start.page_warnings import page_warnings
from commands.steps.kinds.release import ReleaseStep
from tests.groups import HOSTS, ROLLING, ROLLING_WORDS, TOGETHER, TOGETHER_WORDS, on
from tests.pages import small

WATCHED = {
    **ROLLING_WORDS,
    'web = "api"\npath = "/jobs"\nevery': 'web = "each"\npath = "/jobs"\nevery',
    'name = "API response > 5 s"': 'name = "Slow"',
    "## Deploy\n": '### Normal\n\n```toml baseline\nid = "normal"\nof = ["response-time"]\n```\n\n## Deploy\n',
    "## Decision\n": """## Success criteria

```toml criteria
go = [{ text = "Fast and there", shown_by = ["Slow", "code"] }]
```

## Decision
""",
}
RELEASE = """### Pin it

```toml release
host = "backend-1"
repository = "$REPO"
running = [
    { on = "backend", command = "cat /srv/commit" },
    { web = "each", path = "/health", field = "commit" },
    { web = "api", path = "/health", field = "commit" },
]
```

## Deploy
"""


def test_the_hosts_stand_in_the_place_of_their_group() -> None:
    hosts, webs = ROLLING.places.hosts, ROLLING.places.webs
    assert {name: host.only_address for name, host in hosts.items()} == {
        "backend-1": "$SHOP_1",
        "backend-2": "$SHOP_2",
        "backend-3": "$SHOP_3",
        "balancer": "$BALANCER",
    }
    assert {host.key for host in hosts.values()} == {"$SHOP_KEY"}
    assert [web.only_url for web in webs.values()] == ["$EACH_1", "$EACH_2", "$EACH_3", "$SHOP_URL"]
    assert {"$SHOP_1", "$SHOP_3", "$EACH_2"} <= set(ROLLING.env_names())


def test_each_step_has_its_own_host_and_the_address_that_belongs_to_it() -> None:
    for number, host in enumerate(HOSTS, start=1):
        code, answers, out = (ROLLING.step(on(step, number)) for step in ("code", "answers", "out"))
        assert (code.title, code.host) == (f"Put the code there ({host})", host)
        assert code.box.places() == {("hosts", host)}
        assert answers.box.places() == {("webs", f"each-{number}")}
        assert (out.host, out.box.places()) == (host, {("hosts", "balancer")})


def test_a_step_of_the_rollback_undoes_what_was_done_on_its_own_host() -> None:
    for number in (1, 2, 3):
        assert TOGETHER.step(on("put-the-old-code-back", number)).box.undoes == on("put-the-code-there", number)
        assert ROLLING.step(on("old-code", number)).box.undoes == on("code", number)
        assert ROLLING.step(on("back-in", number)).box.undoes == on("out", number)


def test_what_is_done_after_a_group_waits_for_all_its_hosts() -> None:
    restart = """
### Restart

```toml run
host = "backend"
commands = ["restart"]
together = true
undoes = "put-the-code-there"
AFTER
```

## Decision
"""
    back = [on("put-the-old-code-back", number) for number in (1, 2, 3)]
    for after in ("", 'after = ["put-the-old-code-back"]'):
        page = small(**{**TOGETHER_WORDS, "## Decision\n": restart.replace("AFTER\n", after and f"{after}\n")})
        assert [page.step(on("restart", number)).box.after for number in (1, 2, 3)] == [back] * 3


def test_alerts_criteria_and_the_baseline_name_the_check_of_each_host() -> None:
    page = small(**WATCHED)
    checks = [f"response-time@each-{number}" for number in (1, 2, 3)]
    assert [(alert.name, alert.check) for alert in page.alerts] == [
        (f"Slow (each-{number})", check) for number, check in enumerate(checks, start=1)
    ]
    assert page.step("normal").box.checks_before() == tuple(checks)
    assert page.criteria
    assert page.criteria.go[0].shown_by == [alert.name for alert in page.alerts] + [on("code", n) for n in (1, 2, 3)]


def test_a_baseline_makes_checks_that_name_their_host() -> None:
    page = small(**{**WATCHED, 'path = "/jobs"\nevery': 'path = "/jobs?of=<host>"\nevery',
                    'web = "api"\npath = "/jobs"\nevery': 'web = "each"\npath = "/jobs"\nevery'})  # fmt: skip
    assert len(page.step("normal").box.checks_before()) == 3


def test_what_runs_is_asked_of_each_host_before_and_after() -> None:
    page = small(**{**ROLLING_WORDS, "## Deploy\n": RELEASE})
    release, again = page.step("pin-it").box, page.step("what runs").box
    assert isinstance(release, ReleaseStep)
    asked = [("hosts", host) for host in HOSTS] + [("webs", f"each-{n}") for n in (1, 2, 3)] + [("webs", "api")]
    assert [place.place for place in release.running] == asked
    assert set(asked) | {("hosts", "backend-1")} == again.places()


def test_the_lines_of_the_page_are_those_that_people_wrote() -> None:
    lines = [(steps[0].id, hosts_in_words(steps)) for steps in lines_of_page(ROLLING.forward)]
    assert lines == [("ready", ""), (on("out", 1), "backend-1, backend-2, backend-3, one by one"), ("health", "")]
    many = small(**{**TOGETHER_WORDS, '"$SHOP_3"]': ", ".join(f'"$SHOP_{n}"' for n in range(3, 13)) + "]"})
    together = next(steps for steps in lines_of_page(many.forward) if steps[0].host)
    assert hosts_in_words(together) == "backend-1, backend-2 … backend-12 together"


def test_the_plan_shows_each_step_once_with_its_hosts_and_their_order() -> None:
    lines = list(plan_lines(ROLLING))
    assert "  Roll the hosts (backend-1, backend-2, backend-3, one by one)  [one-by-one]" in lines
    assert lines.count("      on balancer: drain <host>") == 1
    undoes = "[one-by-one, only if “Roll the hosts” was started there]"
    assert f"  Roll the hosts back (backend-3, backend-2, backend-1, one by one)  {undoes}" in lines
    reached = next(line for line in lines if "reaches" in line)
    assert reached.endswith(" first, of a group those that were touched; nothing changes before that")
    assert any("Put the code there (backend-1, backend-2, backend-3 together)" in line for line in plan_lines(TOGETHER))


def test_hosts_together_take_as_long_as_one_and_one_by_one_as_long_as_all() -> None:
    minutes = [[int(at.total_seconds()) // 60 for at, _ in timeline(page)] for page in (TOGETHER, ROLLING)]
    assert minutes == [[0, 0, 10, 10, 70], [0, 0, 30, 30, 90]]


def test_a_box_of_the_rollback_undoes_all_that_the_box_of_the_deploy_does() -> None:
    assert page_warnings(ROLLING) == ()


def test_a_step_on_a_group_that_nothing_undoes_is_named_once() -> None:
    other = '\n### Clear\n\n```toml keep\nid = "clear"\nhost = "backend"\nrepository = "$R"\nfolder = "x"\n'
    page = small(**{**TOGETHER_WORDS, "## Smoke tests\n": f'{other}store = "$S"\nmode = "back"\ncommit = "<ref>"\n'
                    "together = true\n```\n\n## Smoke tests\n"})  # fmt: skip
    assert [warning.partition(",")[0] for warning in page_warnings(page)] == ["“Clear”: it makes a change"]
    assert 'undoes = "clear"' in page_warnings(page)[0]


def test_one_step_that_is_done_once_undoes_what_was_done_on_each_host() -> None:
    once = {**TOGETHER_WORDS, 'commands = ["undeploy"]': 'commands = ["undeploy everywhere"]'}
    page = small(**{**once, 'host = "backend"\nundoes': 'host = "backend-1"\nundoes'})
    assert page_warnings(page) == ()
    assert page.step("put-the-old-code-back").box.undoes == on("put-the-code-there", 1), "it begins first"


SERVICE = """### Restart

```toml service
id = "restart"
host = "backend"
name = "api"
web = "each"
commit = "<ref>"
together = true
```

## Smoke tests
"""
BACK = """### Restart the old code

```toml service
id = "restart-back"
host = "backend"
name = "api"
web = "each"
commit = "<ref>"
together = true
undoes = "restart"
steady_in = "steady"
```

### It stays up

```toml steady
id = "steady"
host = "backend"
name = "api"
web = "each"
commit = "<ref>"
undoes = "restart"
lasts = "10 s"
```

## Decision
"""
LOGS = """### Errors

```toml logs
id = "errors"
host = "backend"
file = "<log_err>"
since = "<log_offset_err>"
every = "15 min"
```

## Alerts
"""


def test_a_service_its_second_check_and_its_logs_are_each_of_one_host() -> None:
    page = small(**{**ROLLING_WORDS, "## Smoke tests\n": SERVICE, "## Decision\n": BACK, "## Alerts\n": LOGS})
    for number, host in enumerate(HOSTS, start=1):
        back, steady, logs = (page.step(on(step, number)) for step in ("restart-back", "steady", "errors"))
        assert getattr(back.box, "steady_in", "") == steady.id
        assert (back.box.undoes, steady.box.undoes) == (on("restart", number), on("restart", number))
        assert back.box.places() == {("hosts", host), ("webs", f"each-{number}")}
        assert steady.box.after == [one.id for one in page.part(Part.ROLLBACK) if "steady" not in one.id]
        users = [one.host for one in page.steps if page.step(on("restart", number)).gives_values_to(one) and one.host]
        assert set(users) == {host}
        assert logs.box.places() == {("hosts", host)}


def test_what_a_rollback_loses_is_counted_after_the_change_on_every_host() -> None:
    loses = '[loses]\ndatabase = "shop"\nsql = "SELECT 1"\nsays = "orders"\nafter = ["put-the-code-there"]\n'
    database = '[databases.shop]\nurl = "$SHOP_DB"\n\n[webs.api]'
    rollback = 'within = "15 min"\n'
    page = small(**{**TOGETHER_WORDS, rollback: f"{rollback}\n{loses}", "[webs.api]": database})
    assert page.rollback.loses
    assert page.rollback.loses.after == [on("put-the-code-there", number) for number in (1, 2, 3)]
