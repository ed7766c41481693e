"""One press is one fact: delivered again, clicked twice, or meant for an earlier hold."""

from __future__ import annotations

import itertools
import threading

import pytest

from commands.progress.hold import hold_number, hold_of
from commands.signoff.press import PressId
from state.errors import TooLate
from state.facts import Actor
from tests.commands.signoff.night import DBA, GUEST, LEAD, Night
from tests.pages import NOON

CLICK = 1_795_863_412.0002


def click(drawn: int, seconds: float = 0.0) -> PressId:
    """A click on a button that was drawn for this hold."""
    return PressId(id=f"{CLICK + seconds:.6f}", drawn=drawn)


def kinds(night: Night) -> list[str]:
    """The facts of the run, by their kinds."""
    return [str(fact.kind) for fact in night.record.facts]


def test_three_pairs_of_presses_that_are_all_delivered_twice_are_six_facts(night: Night) -> None:
    for number in range(3):
        hold, resume = click(number, number * 60), click(number, number * 60 + 30)
        assert night.actions.hold(GUEST, "", NOON, hold)
        assert night.actions.resume(LEAD, "", NOON, resume)
        before = night.record.facts, night.events
        with pytest.raises(TooLate, match=r"This press has been carried out before, and the run was resumed since\."):
            night.actions.hold(GUEST, "", NOON, hold)
        assert not night.actions.resume(LEAD, "", NOON, resume), "the run is not on hold"
        assert (night.record.facts, night.events) == before
    assert kinds(night) == ["hold", "resume"] * 3


@pytest.mark.parametrize("order", list(itertools.permutations(["hold", "hold", "resume", "resume"]))[::4])
def test_in_whatever_order_a_pair_and_its_copies_arrive_there_is_one_fact_of_each(
    night: Night, order: tuple[str, ...]
) -> None:
    for action in order:
        try:
            if action == "hold":
                night.actions.hold(GUEST, "", NOON, click(0))
            else:
                night.actions.resume(LEAD, "", NOON, click(0, 30))
        except TooLate:
            pass
    assert kinds(night) in (["hold"], ["hold", "resume"])


def test_a_typed_command_that_is_delivered_again_is_known_by_its_id(night: Night) -> None:
    typed = PressId(id="13345224609.738474920.8088930838d88f008e0")
    assert night.actions.hold(GUEST, "", NOON, typed)
    assert night.actions.resume(LEAD, "", NOON, typed), "the same id of another kind is another act"
    with pytest.raises(TooLate, match="has been carried out before"):
        night.actions.hold(GUEST, "", NOON, typed)
    assert night.actions.hold(GUEST, "", NOON, PressId(id="13345224610.738474920.1"))
    with pytest.raises(TooLate, match="carried out before, and the run was held again since"):
        night.actions.resume(LEAD, "", NOON, typed)
    assert kinds(night) == ["hold", "resume", "hold"]


def test_the_second_click_of_a_double_click_is_the_same_press_also_after_a_resume(night: Night) -> None:
    night.actions.hold(GUEST, "", NOON, click(0))
    night.actions.resume(LEAD, "", NOON, click(0, 1))
    with pytest.raises(TooLate, match="has been carried out before"):
        night.actions.hold(GUEST, "", NOON, click(0, 2.5))
    assert kinds(night) == ["hold", "resume"]


@pytest.mark.parametrize(
    ("actor", "press"),
    [
        (GUEST, click(0, 4)),  # later than a double click: somebody wants to stop, on a card that is not redrawn yet
        (GUEST, click(1, 1)),  # on the new card
        (DBA, click(0, 1)),  # another person
        (DBA, click(0)),  # in the very same moment
        (GUEST, PressId()),  # at the terminal
        (GUEST, PressId(id="13345224610.738474920.1")),
    ],
)
def test_every_other_press_holds_the_run_again_because_stopping_is_free(
    night: Night, actor: Actor, press: PressId
) -> None:
    night.actions.hold(GUEST, "", NOON, click(0))
    night.actions.resume(LEAD, "", NOON, click(0, 0.5))
    assert night.actions.hold(actor, "", NOON, press)
    assert kinds(night) == ["hold", "resume", "hold"]


def test_a_resume_button_of_an_earlier_hold_resumes_no_later_one(night: Night) -> None:
    night.actions.hold(GUEST, "", NOON, click(0))
    night.actions.resume(LEAD, "", NOON, click(0, 10))
    night.actions.hold(DBA, "something new", NOON, click(1, 20))
    night.changes_nothing(
        lambda: night.actions.resume(LEAD, "", NOON, click(0, 30)),
        TooLate,
        "This button is for an earlier hold. The run was held again since; resume it on the card",
    )
    assert night.actions.resume(LEAD, "", NOON, click(1, 40))


def test_a_hold_that_comes_while_a_resume_is_checked_stays(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    night.actions.hold(GUEST, "", NOON)
    before, read = night.record, night.store.record
    night.actions.resume(LEAD, "", NOON)
    night.actions.hold(DBA, "something new", NOON)
    stale = iter([before])
    monkeypatch.setattr(night.store, "record", lambda run: next(stale, None) or read(run))
    with pytest.raises(TooLate, match="The run was resumed and held again meanwhile"):
        night.actions.resume(LEAD, "", NOON)
    assert hold_of(night.record) is not None


def test_a_hold_that_loses_a_race_to_another_hold_which_is_over_still_stops(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, read = night.record, night.store.record
    night.actions.hold(DBA, "", NOON)
    night.actions.resume(LEAD, "", NOON)
    stale = iter([before])
    monkeypatch.setattr(night.store, "record", lambda run: next(stale, None) or read(run))
    assert night.actions.hold(GUEST, "", NOON, click(0))
    assert kinds(night) == ["hold", "resume", "hold"]


def test_many_copies_of_one_press_at_the_same_moment_are_one_fact(night: Night) -> None:
    results: list[bool] = []

    def press() -> None:
        results.append(night.actions.hold(GUEST, "", NOON, click(0)))

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(results), kinds(night)) == ([False] * 7 + [True], ["hold"])


def test_the_number_of_a_hold_counts_on_with_each_one(night: Night) -> None:
    numbers = [hold_number(night.record)]
    for _ in range(2):
        night.actions.hold(GUEST, "", NOON)
        numbers.append(hold_number(night.record))
        night.actions.resume(LEAD, "", NOON)
        numbers.append(hold_number(night.record))
    assert numbers == [0, 0, 1, 1, 2]
