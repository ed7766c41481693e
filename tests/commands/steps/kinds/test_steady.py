"""`steady` looks at the very process that was restarted, some seconds after it began, and is not taken in by "online"."""

from __future__ import annotations

from commands.steps.base import execute
from commands.steps.outcome import Outcome
from tests.commands.steps.kinds.test_service import state
from tests.commands.steps.making import box, context, plan
from tests.production import NEW, answer, ended
from tests.world import World

BOX = 'host = "h"\nname = "dj-system-api"\nweb = "api"\ncommit = "<commit>"\nlasts = "5 s"'
GIVEN = {
    "pid": "100",
    "restarts": "3",
    "log_out": "/logs/out.log",
    "log_err": "/logs/err.log",
    "log_offset_out": "500",
    "log_offset_err": "40",
}


def world() -> World:
    """A world that serves the new code since a restart."""
    made = World()
    made.running = NEW
    return made


def looked(made: World) -> Outcome:
    """The outcome of one look."""
    return execute(box("steady", BOX), context(made, GIVEN))


def test_the_plan_says_which_process_and_how_long() -> None:
    text = plan(box("steady", BOX))
    assert "5 s after dj-system-api began: process <pid> still, online, and <restarts> restarts still" in text
    assert "GET api/api/health, expects commit = <commit>" in text


def test_it_needs_what_the_restart_found_out() -> None:
    assert {"pid", "restarts", "log_err", "log_offset_err", "commit"} <= box("steady", BOX).inputs()


def test_a_service_that_stays_up_is_well_and_its_age_counts() -> None:
    made = world()
    began = made.clock.now()
    found = looked(made)
    assert found.summary == "dj-system-api is the same process 5 s after it began, and well."
    assert (made.clock.now() - began).total_seconds() >= 3.5, "it did not wait until the process was 5 s old"
    asked = [dict(env) for _, env in made.asked]
    assert asked[-1]["ERR_FROM"] == "40", "the log was not read from the restart on"


def test_a_loop_that_shows_during_the_look_is_seen() -> None:
    made = world()
    looks = iter([state(pid=100, restarts=3), state(pid=109, restarts=5)])
    made.on_host("now=%s", lambda _: ended(f"now={next(looks)}\n"))
    found = looked(made)
    assert found.state == "failed"
    assert "it restarted by itself (3 → 5 restarts)" in found.summary


def test_another_process_is_told_without_waiting_the_hour_that_the_page_says() -> None:
    made = world()
    made.on_host("now=%s", ended(f"now={state(pid=101, restarts=4)}\n"))
    step = box("steady", BOX.replace("5 s", "1 h"))
    assert "it restarted by itself (3 → 4 restarts)" in execute(step, context(made, GIVEN)).summary


def test_a_service_that_is_gone_from_pm2_is_told() -> None:
    made = world()
    made.on_host("now=%s", ended('now={"names":[]}\n'))
    assert "pm2 says that it is gone" in looked(made).summary


def test_one_that_answers_no_more_or_another_commit_is_seen() -> None:
    made = world()
    made.running = "3" * 40
    assert "instead of the commit deployed" in looked(made).summary
    made.on_web("health", answer(503))
    assert "answers commit status 503" in looked(made).summary


def test_new_error_lines_fail_it_with_the_lines() -> None:
    made = world()
    made.log_lines = ["ERROR GET /api/jobs no such table"]
    found = looked(made)
    assert found.state == "failed"
    assert "ERROR GET /api/jobs no such table" in found.lines
