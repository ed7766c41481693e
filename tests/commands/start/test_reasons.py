"""The evidence for an option: each kind is looked up in the record, with age and commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.settings import read_page_file, shipped_runbooks
from commands.runbook import Page
from commands.runbook.option import Reason
from commands.start.advice_text import advice_lines, why_recommended
from commands.start.past_runs import PastRuns, commit_of
from commands.start.preflight import PreflightReport
from commands.start.reasons import Asked, Holds, Judged, judge
from commands.start.recommendation import Advice, Recommendation, advice
from state.facts import Actor, Door, EarlyKeep, Signature
from state.records import Attempt, AttemptState, Run, RunState
from state.sqlite.store import Store
from tests.pages import event

ONE, TWO = "a" * 40, "b" * 40
NIGHT = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)  # Monday, 23:00 in Bangkok: inside of the window
NOON = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)  # Monday, 12:00 there: outside
A, B = (read_page_file(shipped_runbooks() / name) for name in ("option-a.md", "option-b.md"))
PAGES = {page.name: page for page in (A, B)}
WHY_B = "  the evidence shows none of the 4 reasons for Option A: direct to production"
BY = Actor(person="U1", door=Door.SLACK)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "gonogo.db")
    yield opened
    opened.close()


def a_run(
    store: Store, page: Page, commit: str, *, ago: timedelta, state: RunState | None = RunState.KEPT, **row: str
) -> Run:
    """A run of a page that deployed a commit and ended some time ago."""
    at = NIGHT - ago
    names = {"target": page.runbook.target, "page": page.name, "text": page.text, "ref": "main", "starter": "U1"}
    values = {"note": "", "channel": "", "speed": 1.0, "notice_minutes": 0, **names, **row}
    run = store.start_run(values, at - timedelta(hours=1), event("started"))
    done(store, run, "release", at - timedelta(hours=1), values={"commit": commit})
    if state:
        store.move_run(run.id, state, at)
    return run


def done(
    store: Store, run: Run, step: str, at: datetime, state: AttemptState = AttemptState.DONE, **outcome: object
) -> None:
    """An attempt at a step that ended."""
    store.begin_attempt(run.id, step, 1, at)
    store.end_attempt(run.id, Attempt(step=step, attempt=1, state=state, began_at=at, outcome=dict(outcome)), at)


def asked(store: Store, page: Page = A, commit: str = ONE, now: datetime = NIGHT) -> Asked:
    return Asked(page=page, pages=PAGES, past=PastRuns(store=store), now=now, commit=commit)


def judged(store: Store, reason: Mapping[str, object], **about: object) -> tuple[Holds, str]:
    found = judge(asked(store, **about), Reason.model_validate({"says": "why", **reason}))  # type: ignore[arg-type]
    return found.holds, found.why


def lines(store: Store, commit: str = ONE, now: datetime = NIGHT) -> list[str]:
    return list(advice_lines(advice(PAGES, PastRuns(store=store), now, commit=commit)))


def test_the_original_runbooks_two_lists_are_judged_line_by_line(store: Store) -> None:
    assert [reason.says for reason in A.runbook.option.choose_if] == [  # type: ignore[union-attr]
        "Team confident in code quality",
        "Backup ready & verified",
        "Rollback team on standby",
        "Low-traffic window available",
    ]
    assert lines(store, now=NOON) == [
        "Recommended: Option B: staging and a soak first",
        WHY_B,
        "Option A: direct to production (option-a.md), choose it if:",
        "  ❌ Team confident in code quality: no run of option-b.md was kept",
        "  ❌ Backup ready & verified: no run of option-a.md has done it",
        "  ❌ Rollback team on standby: no drill of this page is in the state file",
        "  ❌ Low-traffic window available: opens Mon 22:00",
        "Option B: staging and a soak first (option-b.md), choose it if:",
        "  ✅ First time deploying this change: none of the newest 50 runs has kept aaaaaaaaaa",
        "  👤 Want safety before production: people must judge",
        "  👤 Risk-averse culture: people must judge",
    ]


def test_option_a_right_after_an_option_b_that_was_kept_knows_it(store: Store) -> None:
    a_run(store, B, ONE, ago=timedelta(hours=2))
    found = advice(PAGES, PastRuns(store=store), NIGHT, A, ONE).recommended
    assert found is not None
    assert (found.page, found.riskier, found.speaks_against("option-a.md")) == ("option-a.md", "option-a.md", False)
    soak = "run 1 kept aaaaaaaaaa, 2 h ago, this very commit and its migration files"
    assert found.why == f"Option B: staging and a soak first: {soak}"
    shown = lines(store)
    assert "  ✅ Team confident in code quality: run 1 kept aaaaaaaaaa, 2 h ago" in shown
    assert "  ❌ First time deploying this change: run 1 of option-b.md kept it, 2 h ago" in shown


def test_a_soak_of_another_commit_is_no_evidence_and_is_named(store: Store) -> None:
    a_run(store, B, TWO, ago=timedelta(days=1))
    holds, why = judged(store, {"soak": "option-b.md"})
    assert (holds, why) == (
        Holds.NO,
        "run 1 kept bbbbbbbbbb, 24 h ago: of commit bbbbbbbbbb, not aaaaaaaaaa",
    )
    found = advice(PAGES, PastRuns(store=store), NIGHT, A, ONE).recommended
    assert found is not None
    assert found.speaks_against("option-a.md")
    assert not found.speaks_against("option-b.md")


def test_a_soak_of_other_migration_files_is_no_evidence_and_they_are_named(store: Store) -> None:
    other = B.text.replace("016_extend_v1_remove_v2_approval_flow.sql", "017_other.sql")
    a_run(store, B, ONE, ago=timedelta(days=1), text=other)
    holds, why = judged(store, {"soak": "option-b.md"})
    assert holds is Holds.NO
    assert why == "run 1 had other migration files (016_extend_v1_remove_v2_approval_flow.sql and 1 more)"


@pytest.mark.parametrize("state", [RunState.ROLLED_BACK, RunState.ABORTED, None])
def test_a_run_that_was_not_kept_is_no_soak(store: Store, state: RunState | None) -> None:
    a_run(
        store, B, ONE, ago=timedelta(hours=1), state=RunState.ROLLING_BACK if state is RunState.ROLLED_BACK else state
    )
    if state is RunState.ROLLED_BACK:
        store.move_run(1, state, NIGHT)
    assert judged(store, {"soak": "option-b.md"}) == (Holds.NO, "no run of option-b.md was kept")


def test_a_soak_is_too_old_after_the_time_that_the_page_gives(store: Store) -> None:
    a_run(store, B, ONE, ago=timedelta(days=8))
    assert judged(store, {"soak": "option-b.md"})[0] is Holds.YES
    holds, why = judged(store, {"soak": "option-b", "within": "7 d"})
    assert (holds, why) == (Holds.NO, "run 1 kept aaaaaaaaaa, 8 days ago: older than 7 days")


def test_a_soak_that_people_ended_early_says_so(store: Store) -> None:
    run = a_run(store, B, ONE, ago=timedelta(hours=2), state=None)
    store.add_fact(run.id, EarlyKeep(by=BY, at=NIGHT, reason="it is fine"))
    store.move_run(run.id, RunState.KEPT, NIGHT)
    assert judged(store, {"soak": "option-b.md"}) == (Holds.YES, "run 1 kept aaaaaaaaaa early, just now")


def test_an_older_soak_of_this_commit_counts_although_a_newer_one_is_of_another(store: Store) -> None:
    a_run(store, B, ONE, ago=timedelta(days=2))
    a_run(store, B, TWO, ago=timedelta(days=1))
    assert judged(store, {"soak": "option-b.md"}) == (Holds.YES, "run 1 kept aaaaaaaaaa, 2 days ago")


def test_before_the_commit_is_known_a_soak_is_not_called_evidence(store: Store) -> None:
    a_run(store, B, ONE, ago=timedelta(hours=2))
    holds, why = judged(store, {"soak": "option-b.md"}, commit="")
    assert holds is Holds.UNKNOWN
    assert why == "run 1 kept aaaaaaaaaa, 2 h ago; whether that is what starts is compared then"
    assert judged(store, {"first_time": True}, commit="") == (Holds.UNKNOWN, "the commit is known once it starts")
    found = advice(PAGES, PastRuns(store=store), NIGHT, A).recommended
    assert found is not None
    assert (found.page, found.sure) == ("option-b.md", False)


def test_a_clock_that_was_wrong_makes_no_evidence(store: Store) -> None:
    a_run(store, B, ONE, ago=-timedelta(hours=3))
    assert judged(store, {"soak": "option-b.md"})[0] is Holds.UNKNOWN


def test_a_step_counts_by_the_newest_run_that_came_to_it(store: Store) -> None:
    first = a_run(store, A, TWO, ago=timedelta(days=3), state=None)
    done(store, first, "proof", NIGHT - timedelta(days=3))
    store.move_run(first.id, RunState.ABORTED, NIGHT - timedelta(days=2))
    reason = {"step": "proof", "within": "7 d"}
    assert judged(store, reason) == (Holds.YES, "done in run 1, 3 days ago")
    assert judged(store, {"step": "proof", "within": "2 d"})[0] is Holds.NO
    second = a_run(store, A, ONE, ago=timedelta(days=1), state=None)
    done(store, second, "proof", NIGHT - timedelta(days=1), AttemptState.FAILED)
    assert judged(store, reason) == (Holds.NO, "it is failed in run 2, 24 h ago"), "a success before is no excuse"


def test_a_rehearsal_counts_for_this_commit_and_only_without_a_loss(store: Store) -> None:
    run = a_run(store, A, ONE, ago=timedelta(days=1), state=None)
    done(store, run, "rehearse", NIGHT - timedelta(days=1))
    assert judged(store, {"rehearsal": "rehearse"}) == (Holds.YES, "no loss in run 1, 24 h ago")
    assert judged(store, {"rehearsal": "rehearse"}, commit=TWO)[0] is Holds.NO


def test_a_signature_counts_for_this_commit_and_once_all_have_signed(store: Store) -> None:
    run = a_run(store, B, ONE, ago=timedelta(days=1), state=None)
    done(store, run, "review", NIGHT - timedelta(days=1))
    reason = {"signed": "review", "page": "option-b.md"}
    assert judged(store, reason) == (Holds.NO, "not all have signed it in run 1")
    store.add_fact(run.id, Signature(by=BY, at=NIGHT, step="review", attempt=1, role="reviewer"))
    assert judged(store, reason) == (Holds.YES, "signed in run 1, just now")
    assert judged(store, reason, commit=TWO)[0] is Holds.NO
    assert judged(store, {"signed": "review", "page": "gone.md"})[0] is not Holds.YES


@pytest.mark.parametrize("name", ["option-b.md", "option-b"])
@pytest.mark.parametrize("signed", [False, True])
def test_who_had_to_sign_is_what_the_page_of_that_run_said(store: Store, name: str, signed: bool) -> None:
    run = a_run(store, B, ONE, ago=timedelta(hours=1), state=None)
    done(store, run, "review", NIGHT)
    if signed:
        store.add_fact(run.id, Signature(by=BY, at=NIGHT, step="review", attempt=1, role="reviewer"))
    reason = Reason.model_validate({"says": "why", "signed": "review", "page": name})
    # the terminal knows the page that it starts only, which here asks nobody to sign a step of this name
    alone = replace(A, steps=(replace(A.steps[0], id="review"),))
    found = judge(replace(asked(store, alone), pages={alone.name: alone}), reason)
    assert found.holds is (Holds.YES if signed else Holds.NO)


def test_the_window_is_asked_in_the_pages_zone(store: Store) -> None:
    assert judged(store, {"window": "window"}) == (Holds.YES, "open now")
    assert judged(store, {"window": "window"}, now=NOON) == (Holds.NO, "opens Mon 22:00")


def test_a_drill_of_the_page_counts_for_ninety_days(store: Store) -> None:
    reason = {"drill": "90 d"}
    a_run(store, A, ONE, ago=timedelta(days=91), drill="places")
    assert judged(store, reason) == (Holds.NO, "drill 1, 91 days ago: older than 90 days")
    a_run(store, A, ONE, ago=timedelta(days=3), drill="places")
    assert judged(store, reason) == (Holds.YES, "drill 2, 3 days ago")
    assert judged(store, {"first_time": True})[0] is Holds.YES, "a drill deploys nothing"


def test_the_riskier_option_is_recommended_if_all_its_evidence_holds(store: Store) -> None:
    page = Page(
        **{
            **vars(A),
            "runbook": A.runbook.model_copy(
                update={
                    "option": A.runbook.option.model_copy(  # type: ignore[union-attr]
                        update={"choose_if": [Reason(says="Quiet", window="window"), Reason(says="Sure")]}
                    )
                }
            ),
        }
    )
    pages = {**PAGES, page.name: page}
    found = advice(pages, PastRuns(store=store), NIGHT, B, ONE).recommended
    assert found is not None
    assert (found.page, found.why) == ("option-a.md", "its only reason with evidence holds")
    later = advice(pages, PastRuns(store=store), NOON, B, ONE).recommended
    assert later is not None
    assert (later.page, [one.why for one in later.missing], later.asked) == ("option-b.md", ["opens Mon 22:00"], 1)


def test_pages_that_name_no_safer_one_are_not_judged_against_each_other(store: Store) -> None:
    assert advice({B.name: B}, PastRuns(store=store), NIGHT, B, ONE).recommended is None
    assert advice({B.name: B}, PastRuns(store=store), NIGHT, B) == Advice()


def test_the_commit_is_what_the_preflight_found(store: Store) -> None:
    box = next(step.box for step in A.steps if step.box.kind == "release")
    report = PreflightReport(kept=((box.place_of("main"), ONE),))  # type: ignore[attr-defined]
    assert commit_of(A, report, "main") == ONE
    assert commit_of(A, PreflightReport(), "main") == ""
    assert commit_of(A, PreflightReport(), TWO) == TWO


def test_a_record_with_a_row_that_cannot_be_read_makes_no_evidence_of_it(store: Store) -> None:
    run = a_run(store, B, ONE, ago=timedelta(hours=2))
    store._db.execute("UPDATE attempts SET outcome = '{' WHERE run = ?", run.id)
    assert judged(store, {"soak": "option-b.md"})[0] is Holds.NO


@pytest.mark.parametrize(
    ("missing", "asked", "says"),
    [
        (4, 4, "the evidence shows none of the 4 reasons for Direct"),
        (1, 3, "the evidence does not show 1 of the 3 reasons for Direct"),
        (1, 1, "no evidence speaks for Direct"),
        (0, 0, "no evidence speaks for Direct"),
    ],
)
def test_why_the_safer_option_is_recommended_is_one_clause(missing: int, asked: int, says: str) -> None:
    reason = Judged(says="Backup ready", holds=Holds.NO, why="no run has done it")
    found = Recommendation(
        page="b.md", name="Staged", riskier="a.md", other="Direct", missing=(reason,) * missing, asked=asked
    )
    assert why_recommended(found) == says
    assert why_recommended(replace(found, sure=False)) == f"{says}. Looked up again for the commit that you start"
