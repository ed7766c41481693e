"""Questions in a rollback: who decides, what can be pressed, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

from bot.settings import read_pages, shipped_runbooks
from bot.slack.views.blocks import Message
from bot.slack.views.questions import question
from bot.slack.views.snapshot import Snapshot
from commands.progress.fit import FIT
from commands.progress.reach import REACH
from commands.runbook import Page
from state.events import Ask, PeopleAsked
from state.facts import Fact
from state.records import Attempt, RunState
from tests.bot.slack.run_writer import DEPLOY, LEAD, READY, ROLLBACK
from tests.bot.slack.slack_box import buttons
from tests.bot.slack.views.drawn import button_of, event_with, shown, snapshot_with
from tests.pages import SIGNED, row, said

OPTION_A = read_pages(shipped_runbooks())["option-a.md"]
DEPLOYED = tuple(row(step, "done") for step in ("migration", "backend-code", "backend-install", "publish"))
DATABASE = "rollback-database"
FOLLOWS = (
    "“STEP 3: Revert backend code”, “Revert backend: dependencies and Prisma…” and 2 more run without it. "
    "What that rolls back may not fit the part that stays. Requests stay stopped until two people let them in."
)


def in_rollback(step: str, *facts: Fact, page: Page | None = None, attempts: tuple[Attempt, ...] = ()) -> Snapshot:
    """A rollback in which a step has failed."""
    failed = (row(READY, "done"), row(DEPLOY, "done"), *attempts, row(step, "failed"))
    snapshot = snapshot_with(*failed, facts=(*SIGNED, said("rollback"), *facts), state=RunState.ROLLING_BACK)
    return replace(snapshot, page=page or snapshot.page)


def asked(snapshot: Snapshot, step: str, ask: Ask = Ask.ANSWER) -> Message:
    """The question about that step."""
    data = PeopleAsked(ask=ask, step=step, title="Undo", roles=("lead",), state="failed", summary="no")
    return question(snapshot, event_with(data), data)


def test_a_failed_step_names_who_decides_and_no_other_contact() -> None:
    drawn = asked(in_rollback(ROLLBACK), ROLLBACK)
    words = "The rollback is waiting. Any role may run it again. Who may call it fixed by hand or skip it:"
    assert words in shown(drawn)
    assert "☎️ +66 2 555 0102" in shown(drawn)
    assert "☎️ +66 2 555 0101" not in shown(drawn), "another role cannot decide this"
    assert buttons(drawn) == ["again", "done", "skip"], "it is rolling back already"


def test_nothing_is_offered_that_cannot_be_pressed() -> None:
    drawn = asked(in_rollback(REACH), REACH)
    assert buttons(drawn) == ["again", "skip"]
    assert button_of(drawn, "skip")["text"]["text"] == "Go on without it…"
    assert "Who may go on without it:" in shown(drawn)
    assert "by hand" not in shown(drawn)


def test_before_a_part_is_skipped_the_dialog_says_what_goes_back_without_it_and_that_it_takes_two() -> None:
    drawn = asked(in_rollback(DATABASE, page=OPTION_A, attempts=DEPLOYED), DATABASE)
    assert f"{FOLLOWS} A second person must agree." in shown(drawn)
    assert button_of(drawn, "skip")["confirm"]["text"]["text"] == f"{FOLLOWS} A second person must agree."


def test_the_second_person_reads_what_follows_too() -> None:
    skip = said("answer", DATABASE, 1, said="skip", person=LEAD, reason="locked")
    drawn = asked(in_rollback(DATABASE, skip, page=OPTION_A, attempts=DEPLOYED), DATABASE, Ask.AGREE)
    assert button_of(drawn, "agree")["confirm"]["text"]["text"] == FOLLOWS


def test_a_fix_by_hand_leaves_nothing_behind() -> None:
    fixed = said("answer", DATABASE, 1, said="done", person=LEAD, reason="with psql")
    drawn = asked(in_rollback(DATABASE, fixed, page=OPTION_A, attempts=DEPLOYED), DATABASE, Ask.AGREE)
    assert button_of(drawn, "agree")["confirm"]["text"]["text"] == "“STEP 2: Rollback database” counts as done."


def test_letting_requests_in_is_called_that_by_the_first_person_the_second_and_the_answer() -> None:
    open_ = asked(in_rollback(FIT), FIT)
    assert button_of(open_, "skip")["text"]["text"] == "Let requests in…"
    assert "Who may let requests in:" in shown(open_)
    answered = in_rollback(FIT, said("answer", FIT, 1, said="skip", person=LEAD, reason="the page fits"))
    second = asked(answered, FIT, Ask.AGREE)
    assert "🙋 Second person needed: let requests in?" in shown(second)
    assert "wants to let requests in: the page fits" in shown(second)
    assert button_of(second, "agree")["confirm"]["title"]["text"] == "Agree to let requests in?"
    assert "*Let requests in*, decided by" in shown(asked(answered, FIT))
