"""A role goes from one person to another for one run, by an offer that the other one accepts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from commands.progress.handovers import OFFER_LASTS, given_away, holders, mentions_in_run
from commands.report.people import ActionKind, person_actions
from commands.run.due_events import DueEvents
from commands.signoff.waiting import waiting_for
from state.errors import NotAllowed, Refused, TooLate
from state.events import HandoverEnded, HandoverOffered, PeopleAsked
from state.facts import Actor, Door, HandoverEnd, Signature
from state.sqlite.store import Store
from tests.commands.signoff.night import DBA, FOUR_EYES, GUEST, LEAD, PEOPLE, Night
from tests.pages import NOON, small

ALLOWED = {'action = "Backup and recovery"': 'action = "Backup and recovery"\nhandover = true'}
NEW = Actor(person="UNEW", door=Door.SLACK)
LATER = NOON + timedelta(minutes=10)


@pytest.fixture
def night(store: Store) -> Night:
    """A run at its gate, whose page lets the DBA's role be handed over."""
    night = Night(store, small(**ALLOWED))
    night.attempt("ready")
    return night


@pytest.fixture
def offered(night: Night) -> Night:
    """The same, and the DBA has offered the role."""
    night.actions.offer("dba", NEW.person, DBA, "my shift ends", NOON)
    return night


def test_a_role_goes_to_the_other_person_when_they_take_it_over(offered: Night) -> None:
    assert holders(PEOPLE, offered.record)["dba"] == {"UDBA"}, "an offer alone changes nothing"
    reply = offered.actions.take_over(1, NEW, LATER)
    assert reply == "You hold “Database Admin” in this run now, in place of UDBA. What waits for it is asked again."
    assert holders(PEOPLE, offered.record) == {"dba": {"UNEW"}, "lead": {"ULEAD"}}
    assert given_away(PEOPLE, offered.record) == {"dba"}
    with pytest.raises(NotAllowed, match=r"^Only the Database Admin may sign|^Only the Database Admin or Tech Lead"):
        offered.actions.sign("ready", 1, DBA, LATER)
    assert offered.actions.sign("ready", 1, NEW, LATER) == ("dba",)


def test_what_waits_for_the_role_is_asked_again_and_signatures_stay_whose_they_were(night: Night) -> None:
    night.actions.sign("ready", 1, DBA, NOON)
    night.actions.offer("dba", NEW.person, DBA, "", NOON)
    night.actions.take_over(1, NEW, LATER)
    (signature,) = [fact for fact in night.record.facts if isinstance(fact, Signature)]
    assert (signature.person, signature.role) == ("UDBA", "dba")
    (waiting,) = waiting_for(night.page, night.record)
    assert waiting.roles == ("lead",), "the signature of the one who went home counts"
    assert not [one for one in night.events if isinstance(one, PeopleAsked)], "nothing waits for the role"


def test_an_open_question_is_asked_anew_of_the_new_holder(offered: Night) -> None:
    offered.actions.take_over(1, NEW, LATER)
    ended, asked = offered.events[-2:]
    assert isinstance(ended, HandoverEnded)
    assert isinstance(asked, PeopleAsked)
    assert ended.waiting == ("Everybody ready",) or ended.waiting
    assert (asked.step, asked.attempt, asked.roles) == ("ready", 1, ("dba", "lead"))


def test_the_decision_is_asked_anew_of_the_new_holder(store: Store) -> None:
    night = Night(store, small(**{'action = "GO/NO-GO decision"': 'action = "GO/NO-GO decision"\nhandover = true'}))
    night.decide()
    night.actions.offer("lead", NEW.person, LEAD, "", NOON)
    night.actions.take_over(1, NEW, LATER)
    asked = [one for one in night.events if isinstance(one, PeopleAsked)]
    assert [(one.ask, one.title) for one in asked] == [("decide", "KEEP or ROLLBACK")]
    assert night.actions.keep(NEW, "", LATER) == "You decided KEEP."


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("UDBA", "You hold “Database Admin” yourself"),
        ("gonogo", "is no person in Slack"),
        ("S01DBAS", "S01DBAS is a user group"),
        ("@somchai", "“@somchai” is no person in Slack"),
        ("", "“” is no person in Slack"),
        ("U" + "X" * 5000, "is no person in Slack"),
    ],
)
def test_a_role_goes_to_a_person_only(night: Night, to: str, words: str) -> None:
    night.changes_nothing(lambda: night.actions.offer("dba", to, DBA, "", NOON), Refused, words)


def test_whoever_holds_the_role_already_takes_it_over_from_nobody(night: Night) -> None:
    night.actions.people = {**PEOPLE, "dba": PEOPLE["dba"] | {"UNEW"}}
    words = "UNEW holds “Database Admin” already"
    night.changes_nothing(lambda: night.actions.offer("dba", "UNEW", DBA, "", NOON), Refused, words)
    night.actions.people = PEOPLE
    night.actions.offer("dba", "UNEW", DBA, "", NOON)
    night.actions.people = {**PEOPLE, "dba": PEOPLE["dba"] | {"UNEW"}}  # meanwhile the environment names them
    night.changes_nothing(lambda: night.actions.take_over(1, NEW, LATER), Refused, words)


def test_only_what_the_page_lets_go_is_handed_over_and_only_by_who_holds_it(night: Night) -> None:
    offer = night.actions.offer
    words = r"does not let “Tech Lead” be handed over\. Roles that can be: “Database Admin” \(dba\)\. For later runs"
    night.changes_nothing(lambda: offer("lead", "UNEW", LEAD, "", NOON), Refused, words)
    words = "Only the Database Admin may hand over “Database Admin”"
    night.changes_nothing(lambda: offer("dba", "UNEW", LEAD, "", NOON), NotAllowed, words)
    words = "You hold no role that can be handed over in this run"
    night.changes_nothing(lambda: offer("", "UNEW", GUEST, "", NOON), NotAllowed, words)
    night.changes_nothing(lambda: offer("boss", "UNEW", DBA, "", NOON), Refused, "This page has no role “boss”")


def test_a_page_that_says_nothing_lets_no_role_go(store: Store) -> None:
    night = Night(store, small())
    words = "does not let “Database Admin” be handed over. Its page lets no role be handed over"
    night.changes_nothing(lambda: night.actions.offer("dba", "UNEW", DBA, "", NOON), Refused, words)


@pytest.mark.parametrize("role", ["", "dba", "Database Admin", "database-admin", "DBA"])
def test_a_role_is_named_by_its_name_its_title_or_not_at_all(night: Night, role: str) -> None:
    night.actions.offer(role, "UNEW", DBA, "", NOON)
    (offered,) = [one for one in night.events if isinstance(one, HandoverOffered)]
    assert (offered.role, offered.title, offered.person, offered.to) == ("dba", "Database Admin", "UDBA", "UNEW")


def test_there_is_one_offer_of_a_role_at_a_time(offered: Night) -> None:
    words = "“Database Admin” is already offered to UNEW, by UDBA. Withdraw that first, or wait: it expires in 20 min"
    offered.changes_nothing(lambda: offered.actions.offer("dba", "UOTHER", DBA, "", LATER), Refused, words)
    assert offered.actions.withdraw(1, DBA, LATER) == "Withdrawn. You still hold “Database Admin”."
    offered.actions.offer("dba", "UOTHER", DBA, "", LATER)


def test_only_who_is_asked_takes_it_over_and_only_who_offered_withdraws_it(offered: Night) -> None:
    for act, actor, who in (
        (offered.actions.take_over, GUEST, "UNEW"),
        (offered.actions.decline, DBA, "UNEW"),
        (offered.actions.withdraw, NEW, "UDBA"),
    ):
        offered.changes_nothing(lambda act=act, actor=actor: act(1, actor, LATER), NotAllowed, f"Only {who} may")  # type: ignore[misc]


def test_the_first_answer_counts_and_a_second_press_says_the_same(offered: Night) -> None:
    declined = offered.actions.decline(1, NEW, LATER)
    assert declined == "Declined. UDBA still holds “Database Admin”."
    assert offered.actions.decline(1, NEW, LATER) == declined
    words = "This offer of “Database Admin” is over: it was declined"
    offered.changes_nothing(lambda: offered.actions.take_over(1, NEW, LATER), TooLate, words)
    assert holders(PEOPLE, offered.record) == PEOPLE
    assert len([fact for fact in offered.record.facts if isinstance(fact, HandoverEnd)]) == 1


def test_the_same_press_delivered_again_is_one_offer(night: Night) -> None:
    first = night.actions.offer("dba", "UNEW", DBA, "", NOON, press="1.2")
    assert night.actions.offer("dba", "UNEW", DBA, "", NOON, press="1.2") == first
    assert len([one for one in night.events if isinstance(one, HandoverOffered)]) == 1


def test_an_offer_expires_by_itself_once(offered: Night) -> None:
    over = NOON + OFFER_LASTS
    words = "This offer of “Database Admin” has expired after 30 min"
    offered.changes_nothing(lambda: offered.actions.take_over(1, NEW, over), TooLate, words)
    due = DueEvents(offered.store, offered.page, offered.run.id)
    assert due.next_at(offered.record, NOON) <= over
    due.write(offered.record, over - timedelta(seconds=1))
    assert not [one for one in offered.events if isinstance(one, HandoverEnded)]
    for _ in range(2):
        due.write(offered.record, over)
    (ended,) = [one for one in offered.events if isinstance(one, HandoverEnded)]
    assert (ended.state, ended.giver, ended.taker) == ("expired", "UDBA", "UNEW")
    assert holders(PEOPLE, offered.record) == PEOPLE


def test_nobody_takes_a_role_over_once_the_run_is_over_or_the_giver_has_lost_it(offered: Night) -> None:
    offered.actions.people = {**PEOPLE, "dba": frozenset({"UOTHER"})}
    words = "UDBA no longer holds “Database Admin”"
    offered.changes_nothing(lambda: offered.actions.take_over(1, NEW, LATER), Refused, words)
    offered.store.move_run(offered.run.id, offered.run.state.__class__.ABORTED, LATER)
    offered.changes_nothing(lambda: offered.actions.take_over(1, NEW, LATER), TooLate, "is over")


def test_under_four_eyes_a_role_does_not_come_to_the_starter(store: Store) -> None:
    night = Night(store, small(**ALLOWED, **FOUR_EYES), starter="UNEW")
    words = "UNEW started this run, and its page lets the starter sign and decide nothing"
    night.changes_nothing(lambda: night.actions.offer("dba", "UNEW", DBA, "", NOON), Refused, words)


def test_where_each_role_needs_its_own_person_a_role_does_not_come_to_another_signer(store: Store) -> None:
    own = {'target = "shop"': 'target = "shop"\none_person_per_role = true'}
    night = Night(store, small(**ALLOWED, **own))
    night.attempt("ready")
    words = "this page wants a different person for each role"
    night.changes_nothing(lambda: night.actions.offer("dba", "ULEAD", DBA, "", NOON), Refused, words)
    night.actions.people = {**PEOPLE, "lead": frozenset({"ULEAD", "UOTHER"})}
    night.actions.offer("dba", "ULEAD", DBA, "", NOON)


def test_a_role_goes_on_from_hand_to_hand_and_back(offered: Night) -> None:
    offered.actions.take_over(1, NEW, LATER)
    offered.actions.offer("dba", "UDBA", NEW, "back again", LATER)
    offered.actions.take_over(2, DBA, LATER)
    assert holders(PEOPLE, offered.record) == PEOPLE
    assert not given_away(PEOPLE, offered.record)


def test_of_several_holders_only_the_giver_goes(offered: Night) -> None:
    people = {**PEOPLE, "dba": frozenset({"UDBA", "UOTHER"})}
    offered.actions.take_over(1, NEW, LATER)
    assert holders(people, offered.record)["dba"] == {"UNEW", "UOTHER"}
    assert holders(people, offered.record, absent={"UNEW"})["dba"] == {"UOTHER"}


def test_a_user_group_whose_member_went_home_is_not_mentioned_any_more(offered: Night) -> None:
    offered.actions.take_over(1, NEW, LATER)
    people = {"dba": frozenset({"UDBA", "UOTHER"})}
    named = mentions_in_run({"dba": ["UOTHER", "UDBA"]}, people, offered.record)
    assert named == {"dba": ["UNEW", "UOTHER"]}
    grouped = mentions_in_run({"dba": ["S01DBAS"]}, people, offered.record)
    assert grouped == {"dba": ["UNEW", "UOTHER"]}
    unknown = mentions_in_run({"dba": ["S01DBAS"]}, {"dba": frozenset({"S01DBAS"})}, offered.record)
    assert unknown == {"dba": ["UNEW", "S01DBAS"]}, "who its members are is not known"


def test_the_report_names_both_with_the_roles_that_they_held_then(offered: Night) -> None:
    offered.actions.take_over(1, NEW, LATER)
    offered.actions.sign("ready", 1, NEW, LATER)
    offer, taken, signed = person_actions(offered.page, offered.record, PEOPLE)
    about = "“Database Admin”, from UDBA to UNEW"
    assert (offer.kind, offer.person, offer.role, offer.title) == (ActionKind.OFFERED, "UDBA", "Database Admin", about)
    assert offer.reason == "my shift ends"
    assert (taken.kind, taken.person, taken.title) == (ActionKind.TOOK_OVER, "UNEW", about)
    assert (signed.person, signed.role) == ("UNEW", "Database Admin")


def test_a_secret_in_the_reason_is_not_stored(night: Night) -> None:
    night.actions.offer("dba", "UNEW", DBA, "postgres://dba:hunter2secret@db/prod", NOON)
    assert "hunter2secret" not in str(night.events) + str(night.record.facts)
