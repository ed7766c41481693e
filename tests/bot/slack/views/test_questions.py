"""Questions: open with buttons and mentions, settled with who answered what."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.slack.views.blocks import Message
from bot.slack.views.questions import question
from bot.slack.views.snapshot import Snapshot
from commands.progress.step_state import DECISION, WATCH
from state.events import Ask, PeopleAsked
from state.facts import Fact, Signature
from state.records import AttemptState, RunState
from tests.bot.slack.run_writer import DBA, DEPLOY, LEAD, READY, STARTER
from tests.bot.slack.slack_box import buttons
from tests.bot.slack.views.drawn import button_of, event_of, event_with, shown, snapshot_with
from tests.pages import SIGNED, record, row, said, small

SIGN = PeopleAsked(
    ask=Ask.SIGN,
    step=READY,
    title="Ready?",
    roles=("dba", "lead"),
    items=(("dba", "The backup is there"), ("lead", "The plan is read")),
)
ANSWER = PeopleAsked(
    ask=Ask.ANSWER, step=DEPLOY, title="Deploy", roles=("lead",), state="failed", summary="npm ended with 1."
)
AGREE = PeopleAsked(ask=Ask.AGREE, step="window", title="Window", roles=("dba", "lead"))
WINDOW = '### Window\n\n```toml window\ndays = ["mon"]\nhours = ["22:00-06:00"]\n```\n'
DECIDE = PeopleAsked(
    ask=Ask.DECIDE, step=DECISION, title="KEEP or ROLLBACK", roles=("lead",), asked_items=("Users are happy",)
)
AT_GATE = row(READY, "done")
FAILED = row(DEPLOY, "failed")
DECIDING = (AT_GATE, row(DEPLOY, "done"), row(WATCH, "done"), row(DECISION, "running"))


def asked(data: PeopleAsked, snapshot: Snapshot) -> Message:
    """The message of a question, with the run as it is in the snapshot."""
    return question(snapshot, event_with(data), data)


def head(message: Message) -> str:
    """The headline of a message."""
    return str(message.blocks[0]["text"]["text"])


def outside_window(*facts: Fact) -> Snapshot:
    """A run that must not deploy now; the lead wants to skip that step, which takes a second person."""
    skip = said("answer", "window", 1, said="skip", person=LEAD, reason="it is fine")
    at_window = snapshot_with(AT_GATE, row("window", "failed"), facts=(*SIGNED, skip, *facts))
    return replace(at_window, page=small(**{"## Deploy\n": f"{WINDOW}\n## Deploy\n"}))


def test_an_open_sign_off_mentions_only_who_has_not_signed() -> None:
    signed = said("sign", READY, 1, role="dba", said="yes", person=DBA)
    drawn = asked(SIGN, snapshot_with(AT_GATE, facts=(signed,)))
    assert head(drawn) == "🙋 Please sign: Ready?"
    lines = shown(drawn).splitlines()
    assert lines[1].startswith(f"☑️ *Database Admin*: signed by <@{DBA}> at ")
    assert lines[2:5] == ["      • The backup is there", f"⬜ *Tech Lead*  <@{LEAD}>", "      • The plan is read"]
    assert buttons(drawn) == ["sign", "refuse"]
    assert event_of(drawn, "sign") == 7
    assert drawn.text == "Tech Lead: please sign “✅ พร้อมไหม (ready?)” · shop", (
        "a phone's notification names who is asked"
    )


def test_a_signed_sign_off_has_no_buttons() -> None:
    drawn = asked(SIGN, snapshot_with(AT_GATE, facts=SIGNED))
    assert head(drawn) == "✅ Signed: Ready?"
    assert buttons(drawn) == []
    assert f"<@{LEAD}>" not in shown(drawn)


def test_a_refused_sign_off_says_who_refused_as_what_and_why() -> None:
    refused = said("sign", READY, 1, role="lead", said="no", person=LEAD, reason="the backup is old")
    drawn = asked(SIGN, snapshot_with(AT_GATE, facts=(refused,)))
    assert head(drawn) == "⛔ Not signed: Ready?"
    assert f"⛔ Refused by <@{LEAD}> as *Tech Lead* at " in shown(drawn)
    assert shown(drawn).endswith(": the backup is old")


@pytest.mark.parametrize(
    ("state", "headline"),
    [
        (AttemptState.FAILED, "❌ Failed: Deploy"),
        (AttemptState.UNKNOWN, "❓ Unknown result: Deploy"),
        (AttemptState.DONE, "⛔ Refused: Deploy"),
    ],
)
def test_the_headline_says_why_somebody_is_asked(state: AttemptState, headline: str) -> None:
    assert head(asked(PeopleAsked(ask=Ask.ANSWER, title="Deploy", state=state), snapshot_with())) == headline


def test_a_failed_step_offers_every_answer_and_the_rollback() -> None:
    drawn = asked(ANSWER, snapshot_with(AT_GATE, FAILED, facts=SIGNED))
    assert "npm ended with 1." in shown(drawn)
    assert f"What now? Waiting for *Tech Lead* <@{LEAD}>" in shown(drawn)
    labels = {action: button_of(drawn, action)["text"]["text"] for action in buttons(drawn)}
    assert labels == {
        "again": "🔁 Run again",
        "done": "I fixed it by hand…",
        "skip": "Skip…",
        "rollback": "⏪ Roll back",
    }
    confirm = button_of(drawn, "again")["confirm"]
    assert (confirm["title"]["text"], confirm["confirm"]["text"]) == ("Run the step again?", "Run again")


@pytest.mark.parametrize(("state", "told"), [("failed", False), ("unknown", True)])
def test_before_a_step_with_an_unknown_end_runs_again_the_dialog_says_what_becomes_of_its_command(
    state: str, told: bool
) -> None:
    drawn = asked(replace(ANSWER, state=state), snapshot_with(AT_GATE, row(DEPLOY, state), facts=SIGNED))
    effect = button_of(drawn, "again")["confirm"]["text"]["text"]
    assert effect.endswith("A command that has succeeded is not started again.") is told
    assert ("still runs on a host, that one is waited for first" in effect) is told
    assert len(effect) <= 300


@pytest.mark.parametrize(
    ("choice", "words"), [("again", "*Run again*"), ("done", "*Fixed by hand*"), ("skip", "*Skip*")]
)
def test_an_answered_failure_says_who_decided_what_and_why(choice: str, words: str) -> None:
    answer = said("answer", DEPLOY, 1, said=choice, person=LEAD, reason="it is fine")
    drawn = asked(ANSWER, snapshot_with(AT_GATE, FAILED, facts=(*SIGNED, answer)))
    assert f"➡️ {words}, decided by <@{LEAD}> at " in shown(drawn)
    assert shown(drawn).endswith(": it is fine")


def test_a_second_person_is_asked_and_the_first_one_is_not_mentioned_again() -> None:
    drawn = asked(AGREE, outside_window())
    assert head(drawn) == "🙋 Second person needed: skip Window?"
    text = shown(drawn)
    assert f"<@{LEAD}> wants to skip it: it is fine" in text
    assert f"A second person must agree: *Database Admin* <@{DBA}>\n" in text, "nobody else holds Tech Lead"
    assert buttons(drawn) == ["agree", "rollback"]
    assert button_of(drawn, "agree")["confirm"]["text"]["text"] == "The run continues without “Window”."


@pytest.mark.parametrize(
    ("choice", "headline", "wanted", "effect"),
    [
        ("skip", "skip Window?", "wants to skip it", "The run continues without “Window”."),
        ("done", "is Window fixed?", "says it is fixed by hand", "“Window” counts as done."),
        (
            "override",
            "overrule the refusal of Window?",
            "wants to continue although it was refused",
            "The run continues although the sign-off of “Window” was refused.",
        ),
    ],
)
def test_a_second_person_reads_what_to_agree_to(choice: str, headline: str, wanted: str, effect: str) -> None:
    answer = said("answer", "window", 1, said=choice, person=LEAD, reason="it is fine")
    refused = [said("sign", "window", 1, role="dba", said="no", person=DBA, reason="not yet")] * (choice == "override")
    snapshot = replace(outside_window(), record=record(AT_GATE, row("window", "failed"), facts=(*refused, answer)))
    drawn = asked(AGREE, snapshot)
    assert head(drawn) == f"🙋 Second person needed: {headline}"
    assert f"<@{LEAD}> {wanted}: it is fine" in shown(drawn)
    assert button_of(drawn, "agree")["confirm"]["text"]["text"] == effect
    named = f"⛔ Refused by <@{DBA}> as *Database Admin*: not yet"
    assert (named in shown(drawn)) == (choice == "override"), "who refused is named to whoever overrules it"


def test_whoever_refused_is_not_asked_to_agree_to_overrule_that() -> None:
    answer = said("answer", "window", 1, said="override", person=LEAD, reason="it is fine")
    refused = said("sign", "window", 1, role="dba", said="no", person=DBA, reason="not yet")
    snapshot = replace(outside_window(), record=record(AT_GATE, row("window", "failed"), facts=(refused, answer)))
    snapshot = replace(snapshot, mentions={"dba": [DBA, "U07OTHER"], "lead": [LEAD]})
    drawn = asked(AGREE, snapshot)
    assert "A second person must agree: *Database Admin* <@U07OTHER>\n" in shown(drawn)
    assert drawn.text.count(f"<@{DBA}>") == drawn.text.count(f"<@{LEAD}>") == 0, "they may not agree"


def test_a_refused_step_is_run_again_or_its_refusal_is_overruled() -> None:
    page = small(**{'takes = "10 min"': 'sign = ["dba"]'})
    refused = said("sign", DEPLOY, 1, role="dba", said="no", person=DBA, reason="wrong version")
    snapshot = replace(snapshot_with(AT_GATE, row(DEPLOY, "done"), facts=(*SIGNED, refused)), page=page)
    drawn = asked(replace(ANSWER, state="done"), snapshot)
    assert head(drawn) == "⛔ Refused: Deploy"
    assert shown(drawn).splitlines()[1] == f"⛔ Refused by <@{DBA}> as *Database Admin*: wrong version"
    assert buttons(drawn) == ["again", "override", "rollback"]
    assert button_of(drawn, "override")["text"]["text"] == "Overrule the refusal…"
    answer = said("answer", DEPLOY, 1, said="override", person=LEAD, reason="it is right")
    settled = asked(ANSWER, replace(snapshot, record=record(AT_GATE, row(DEPLOY, "done"), facts=(refused, answer))))
    assert f"➡️ *Refusal overruled*, decided by <@{LEAD}> at " in shown(settled)


def test_an_agreement_says_who_agreed() -> None:
    drawn = asked(AGREE, outside_window(said("second", "window", 1, person=DBA)))
    assert head(drawn) == "✅ Second person agreed: skip Window"
    assert f"✅ <@{DBA}> agreed at " in shown(drawn)
    assert buttons(drawn) == []


def test_a_second_person_who_is_asked_no_more_and_never_agreed_is_not_said_to_have() -> None:
    drawn = asked(
        AGREE, replace(outside_window(), record=record(AT_GATE, row("window", "failed"), state=RunState.ABORTED))
    )
    assert head(drawn) == "⌛ Nobody agreed: skip Window"
    assert "must agree" not in shown(drawn)


def test_an_early_keep_says_what_agreeing_means() -> None:
    watching = snapshot_with(
        AT_GATE, row(WATCH, "running"), facts=(*SIGNED, said("early keep", person=LEAD, reason="all is well"))
    )
    drawn = asked(PeopleAsked(ask=Ask.AGREE, step=DECISION, title="KEEP", roles=("dba", "lead")), watching)
    assert head(drawn) == "🙋 Second person needed: KEEP now?"
    assert f"<@{LEAD}> wants KEEP before the watch is over: all is well" in shown(drawn)
    assert button_of(drawn, "agree")["confirm"]["text"]["text"] == (
        "The rest of the watch is skipped: 1 h of 1 h. shop stays as it is now. This run can no longer be rolled back."
    )


def test_the_decision_offers_keep_and_rollback_with_the_items_only_people_can_check() -> None:
    drawn = asked(DECIDE, snapshot_with(*DECIDING, facts=SIGNED))
    assert head(drawn) == "🏁 KEEP or ROLLBACK?"
    assert "⬜ 1 item for you to check\n👇 The buttons are below the list" in shown(drawn)
    assert f"Waiting for *Tech Lead* <@{LEAD}>" in shown(drawn)
    assert "⬜ Users are happy" in shown(drawn)
    assert buttons(drawn) == ["keep", "rollback"]
    assert button_of(drawn, "keep")["confirm"]["text"]["text"] == (
        "shop stays as it is now. This run can no longer be rolled back."
    )


@pytest.mark.parametrize(("kind", "word", "mark"), [("keep", "KEEP", "☑️"), ("rollback", "ROLLBACK", "➖")])
def test_the_decision_says_who_decided(kind: str, word: str, mark: str) -> None:
    drawn = asked(DECIDE, snapshot_with(*DECIDING, facts=(*SIGNED, said(kind, person=STARTER))))
    assert head(drawn) == f"🏁 Decided: {word}"
    assert f"*{word}*, decided by <@{STARTER}> at " in shown(drawn)
    assert buttons(drawn) == []
    assert f"{mark} Users are happy" in shown(drawn)
    assert "⬜" not in shown(drawn), "nobody is asked for it any more"


def test_a_question_that_nobody_needs_to_answer_says_so() -> None:
    drawn = asked(SIGN, snapshot_with(AT_GATE, state=RunState.ABORTED))
    assert "⬜" not in shown(drawn)
    assert shown(drawn).endswith("No answer is needed any more: the run has moved on.")


FELL = "The backup has changed since U0A1B2C3D signed: toc.dat has another checksum."


def test_an_open_sign_off_shows_what_it_is_for() -> None:
    lines = shown(asked(SIGN, snapshot_with(AT_GATE))).splitlines()
    assert any(re.fullmatch(r"📎 Evidence: page `[0-9a-f]{8}`", line) for line in lines)


def test_a_sign_off_that_is_asked_again_says_what_has_changed_and_mentions_who_had_signed() -> None:
    again = replace(row(READY, "done", 2), outcome={"fell": [FELL]})
    drawn = asked(replace(SIGN, attempt=2), snapshot_with(AT_GATE, again, facts=SIGNED))
    assert head(drawn) == "🙋 Please sign again: Ready?"
    why = "⚠️ The backup has changed since <@U0A1B2C3D> signed: toc.dat has another checksum."
    assert shown(drawn).splitlines()[1] == why
    assert buttons(drawn) == ["sign", "refuse"]


def test_the_sign_off_before_shows_that_it_was_signed_and_for_what() -> None:
    first = SIGNED[0]
    assert isinstance(first, Signature)
    signature = replace(first, evidence=(("page", "9" * 64), ("backup", "ab" * 32), ("proof", "12 rows restored")))
    drawn = asked(SIGN, snapshot_with(AT_GATE, facts=(SIGNED[1], signature)))
    assert (
        shown(drawn).splitlines()[-1] == "📎 Evidence: page `99999999` · backup `abababab` · proof `12 rows restored`"
    )


def test_a_signature_of_an_earlier_version_is_shown_as_without_evidence() -> None:
    drawn = asked(SIGN, snapshot_with(AT_GATE, facts=SIGNED))
    assert shown(drawn).splitlines()[-1] == "📎 Evidence: none, signed in an older version"
