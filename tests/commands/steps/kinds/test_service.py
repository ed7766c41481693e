"""`service` is not taken in by "online", a fresh uptime and a healthy answer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from commands.steps.base import execute
from state.errors import Unreachable
from tests.commands.steps.making import box, context, plan
from tests.production import NEW, answer, ended
from tests.world import World

BOX = 'host = "h"\nname = "dj-system-api"\nweb = "api"\ncommit = "<commit>"\nallow = ["harmless"]'


def world(rate: float = 200.0) -> World:
    """A world whose new code is checked out."""
    made = World(rate=rate)
    made.head = NEW
    return made


def state(**changes: object) -> str:
    """What the service's script says of the service."""
    told = {
        "pid": 101,
        "status": "online",
        "restarts": 4,
        "uptime": 1.0,
        "out": "/o",
        "err": "/e",
        "out_from": "5",
        "err_from": "6",
    }
    return json.dumps({"names": ["dj-system-api"], "service": {**told, **changes}})


def restarted(before: str, after: str) -> object:
    """What the restart's script prints."""
    return ended(f"before={before}\nafter={after}\n")


def test_the_plan_shows_restart_and_judgement() -> None:
    text = plan(box("service", BOX))
    assert 'on h: pm2 restart "$NAME"' in text
    assert "--update-env" not in text
    assert "again after 10 s" in text


def test_a_good_restart_leaves_where_the_logs_stood_before_it() -> None:
    found = execute(box("service", BOX), context(world()))
    assert found.state == "done", found.summary
    assert found.values["log_offset_err"] == "40:8:bb:1795449600.5"
    assert found.values["log_err"] == "/logs/err.log"


def test_a_good_restart_leaves_its_moment_by_the_bots_clock() -> None:
    made = world()
    made.on_host("now=%s", ended(f"now={state(uptime=3600.0)}\n"))
    made.on_host("pm2 restart", restarted(state(pid=100, restarts=3), state()))
    made.running = NEW
    began = made.clock.now()
    found = execute(box("service", BOX), context(made))
    moment = datetime.fromisoformat(found.timestamps["restarted_at"]) + timedelta(hours=1)
    assert began < moment < made.clock.now()


def test_a_crash_loop_is_seen() -> None:
    made = world()
    made.on_host("now=%s", ended(f"now={state(pid=109, restarts=9)}\n"))
    made.on_host("pm2 restart", restarted(state(pid=100, restarts=3), state()))
    found = execute(box("service", BOX), context(made))
    assert found.state == "failed"
    assert "it restarted by itself (4 → 9 restarts)" in found.summary


def test_the_old_code_that_came_up_again_is_seen() -> None:
    made = World()
    found = execute(box("service", BOX), context(made))
    assert found.state == "failed"
    assert "instead of the commit deployed" in found.summary


def test_a_process_that_is_not_new_is_seen() -> None:
    made = world()
    made.on_host("now=%s", ended(f"now={state(pid=100)}\n"))
    made.on_host("pm2 restart", restarted(state(pid=100), state(pid=100)))
    assert "its process is not a new one" in execute(box("service", BOX), context(made)).summary


def test_new_error_lines_fail_it_and_allowed_ones_do_not() -> None:
    made = world()
    made.log_lines = ["ERROR harmless"]
    assert execute(box("service", BOX), context(made)).state == "done"
    made.log_lines.append("FATAL cannot connect")
    found = execute(box("service", BOX), context(made, attempt=2))
    assert found.state == "failed"
    assert "FATAL cannot connect" in found.lines


def test_where_another_step_looks_over_time_it_ends_as_soon_as_the_commit_answers() -> None:
    made, step = world(rate=1), box("service", BOX + '\nsteady = "1 h"\nsteady_in = "later"')
    opens = iter([Unreachable("nobody listens there"), answer(502), answer(data={"commit": NEW})])
    made.on_web("health", lambda _: next(opens))
    found = execute(step, context(made))
    assert found.summary == "dj-system-api is online with a new process, at commit 2222222222."
    assert (found.values["pid"], found.values["restarts"]) == ("101", "4")
    assert not [script for script, _ in made.asked if "now=" in script], "it was looked at over time here as well"


def test_there_too_errors_since_the_restart_and_an_old_process_are_seen() -> None:
    made, step = world(), box("service", BOX + '\nsteady_in = "later"')
    made.log_lines = ["FATAL cannot connect"]
    assert "1 new line with error or fatal" in execute(step, context(made)).summary
    made.on_host("pm2 restart", restarted(state(pid=100), state(pid=100)))
    assert "its process is not a new one" in execute(step, context(made, attempt=2)).summary


def test_who_looks_over_time_must_be_a_steady_step_of_the_same_service() -> None:
    step, words = box("service", BOX + '\nsteady_in = "later"'), BOX.replace('\nallow = ["harmless"]', "")
    assert step.page_error({"later": box("steady", words)}) == ""
    for boxes in ({}, {"later": box("service", words)}, {"later": box("steady", words.replace("dj-system", "other"))}):
        assert 'there is no `steady` step "later" of dj-system-api on h' in step.page_error(boxes)


def test_an_unknown_name_and_another_users_pm2_are_told_apart() -> None:
    made = world()
    made.on_host("pm2 restart", restarted('{"names":["other"],"service":null}', '{"names":["other"],"service":null}'))
    assert (
        execute(box("service", BOX), context(made)).summary == "pm2 on h knows no service dj-system-api; it has other."
    )
    made.on_host("pm2 restart", restarted('{"names":[]}', '{"names":[]}'))
    assert "another user's pm2" in execute(box("service", BOX), context(made, attempt=2)).summary


def test_health_that_answers_503_is_said() -> None:
    made = world()
    made.on_web("health", answer(503))
    assert "answers commit status 503" in execute(box("service", BOX), context(made)).summary


def test_after_a_cut_it_is_judged_and_not_restarted_again() -> None:
    made, step = world(), box("service", BOX)
    ctx = context(made)
    made.lose("pm2 restart")
    assert execute(step, ctx).state == "unknown"
    assert made.pid == 101
    assert step.recover(ctx).state == "done"
    assert made.pid == 101, "it was restarted twice"
