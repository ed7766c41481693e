"""What the serving bot runs with counts, not the caller's own environment."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from bot.doors.in_force import InForce, to_put_in_force
from bot.doors.served_names import VARIABLE
from bot.doors.system_user import SystemUser
from bot.doors.terminal_users import read_terminal_users
from bot.settings import Settings
from commands.start.watch_speed import WatchSpeed
from state.errors import BadRecord, BadSettings, NotAllowed, Refused
from state.facts import Actor, Door
from state.sqlite.store import Store
from tests.bot.doors.terminal_users import ENVIRON, put_in_force, system_user_of
from tests.bot.slack.run_writer import DBA, GUEST, LEAD, PAGE, deps_of
from tests.pages import small

ANA = SystemUser(name="ana", host="web1")


def in_force(users: str = "ana=U0123,ben=U0456") -> InForce:
    """What counts when the bot was started with these terminal users."""
    return InForce(values={VARIABLE: users})


# -- the variable ---------------------------------------------------------------------------------------------------


def test_each_system_user_is_one_slack_user() -> None:
    assert read_terminal_users("ana=U0123, ben.b=W0456 ,CORP\\cy=U1,dee@corp.example=U2") == {
        "ana": "U0123",
        "ben.b": "W0456",
        "CORP\\cy": "U1",
        "dee@corp.example": "U2",
    }
    assert read_terminal_users("") == read_terminal_users(" ") == {}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("ana", "'ana' is not of the form ana=U0123 (system user = Slack user id)"),
        ("ana=", "'ana=' is not of the form"),
        ("=U1", "'=U1' is not of the form"),
        ("ana=u0123", "'ana=u0123' is not of the form"),
        ("ana=S0123", "'ana=S0123' is not of the form"),
        ("ana=U0123=U0456", "'ana=U0123=U0456' is not of the form"),
        ("ana=U0123;ben=U0456", "is not of the form"),
        ("*=U0123", "'*=U0123' is not of the form"),
        ("ana=U0123,", "'' is not of the form"),
        ("ana=U0123\nben=U0456", "is not of the form"),
        ("ana=U0123,ana=U0456", "system user ana is there twice"),
        ("ana=U0123,ben=U0123", "U0123 is there twice: each Slack user has one system user"),
        ("x,ana=U1,ben=U1", "'x' is not of the form ana=U0123 (system user = Slack user id); U1 is there twice"),
    ],
)
def test_a_bad_value_is_one_sentence(value: str, words: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_terminal_users(value)
    assert str(refused.value).startswith(f"{VARIABLE} is wrong: ")
    assert words in str(refused.value)


# -- who acts -------------------------------------------------------------------------------------------------------


def test_a_known_system_user_is_his_slack_user() -> None:
    ana = Actor(person="U0123", door=Door.TERMINAL, account="ana@web1")
    for name in ("", "U0123"):
        assert in_force().known_actor(ANA, name) == ana
        assert in_force().actor(ANA, name) == ana


@pytest.mark.parametrize("name", ["U0456", "ana", "U0123 ", "the bot"])
def test_a_known_system_user_continues_nothing_under_another_name(name: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        in_force().known_actor(ANA, name)
    assert str(refused.value) == (f"System user ana is U0123 by the bot's {VARIABLE}, not {name}. Leave out --as.")


@pytest.mark.parametrize("values", [{}, {VARIABLE: ""}, {VARIABLE: "ben=U0456,Ana=U0789,an=U1"}])
def test_an_unknown_system_user_continues_nothing_and_reads_what_to_set(values: dict[str, str]) -> None:
    with pytest.raises(NotAllowed) as refused:
        InForce(values=values).known_actor(ANA, "U0123")
    assert str(refused.value) == (
        f"Nothing says who system user ana is. Set {VARIABLE} (like ana=U0123) in the environment of `gonogo serve` "
        "and restart it, or do this in Slack."
    )


def test_a_system_user_in_doubt_continues_nothing_and_stops_everything() -> None:
    doubt = SystemUser(name="ana", host="web1", doubt="you are logged in as ben and run this as ana")
    with pytest.raises(NotAllowed, match="Holding, refusing and rolling back work from here"):
        in_force().known_actor(doubt, "")
    assert in_force().actor(doubt, "") == Actor(person="ana", door=Door.TERMINAL, account="ana@web1")
    assert in_force().actor(doubt, "U0123").claimed, "nothing shows that it is U0123"


@pytest.mark.parametrize(("name", "claimed"), [("U0456", True), ("gonogo", True), ("ana", False), ("U0123", False)])
def test_a_name_that_the_bot_does_not_confirm_is_a_claim(name: str, claimed: bool) -> None:
    actor = in_force().actor(ANA, name)
    assert (actor.person, actor.claimed, actor.account) == (name, claimed, "ana@web1")


def test_a_claimed_name_is_one_short_line() -> None:
    assert in_force().actor(ANA, "a\n\nb" + "c" * 200).person == "a b" + "c" * 77


@pytest.mark.fault("one bad old thing stops all")
def test_a_stored_value_that_this_version_cannot_read_keeps_nobody_from_stopping() -> None:
    assert in_force("of another version").actor(ANA, "").person == "ana"
    with pytest.raises(BadSettings):
        in_force("of another version").known_actor(ANA, "")


# -- what is stored -------------------------------------------------------------------------------------------------


def test_people_channel_and_speed_are_the_bots(tmp_path: Path) -> None:
    put_in_force(tmp_path / "gonogo.db", SHOP_LEAD=f"{LEAD}, U77")
    with closing(Store(tmp_path / "gonogo.db")) as store:
        mine = deps_of(
            store, speed=WatchSpeed(by_people=9000.0), channel=lambda _: "CMINE", people=lambda _: {"dba": {GUEST}}
        )
        deps = InForce(values=store.in_force()).deps(mine)
    assert deps.people(PAGE) == {"dba": {DBA}, "lead": {LEAD, "U77"}}
    assert (deps.channel(PAGE), deps.speed) == (ENVIRON["GONOGO_CHANNEL"], WatchSpeed())


def test_a_role_whose_variable_the_bot_does_not_know_has_nobody() -> None:
    renamed = small(**{"$SHOP_DBA": "$MY_DBA"})
    with_users = in_force()
    assert with_users.deps(deps_of(None, people=lambda _: {"dba": {GUEST}})).people(renamed)["dba"] == frozenset()  # type: ignore[arg-type]


def test_no_secret_is_stored_where_a_page_names_one_as_people() -> None:
    page = small(**{"$SHOP_DBA": "$SLACK_BOT_TOKEN"})
    environ = {**ENVIRON, "SLACK_BOT_TOKEN": "xoxb-1234-abcd"}
    values = to_put_in_force(Settings(runbook=Path(), state=Path("none.db"), environ=environ), [page])
    assert values["SLACK_BOT_TOKEN"] == ""


def test_only_the_page_that_the_bot_serves_may_be_started(tmp_path: Path) -> None:
    put_in_force(tmp_path / "gonogo.db")
    with closing(Store(tmp_path / "gonogo.db")) as store:
        stored = InForce(values=store.in_force())
    stored.require_page(PAGE)
    for other in (small(**{'target = "shop"': 'target = "mine"'}),):
        with pytest.raises(Refused, match=r"small\.md is not the page that the bot serves\. Set GONOGO_RUNBOOK"):
            stored.require_page(other)
    with pytest.raises(Refused):
        InForce().require_page(PAGE)


def test_a_new_bot_replaces_all_that_an_earlier_one_stored(tmp_path: Path) -> None:
    put_in_force(tmp_path / "gonogo.db")
    put_in_force(tmp_path / "gonogo.db", **{VARIABLE: "guest=U9"})
    with closing(Store(tmp_path / "gonogo.db")) as store:
        stored = InForce(values=store.in_force())
    with pytest.raises(NotAllowed):
        stored.known_actor(system_user_of(LEAD), "")


def test_only_who_serves_the_state_file_may_store_it(tmp_path: Path) -> None:
    with (
        closing(Store(tmp_path / "gonogo.db")) as store,
        pytest.raises(BadRecord, match="Only the process that serves"),
    ):
        store.put_in_force({VARIABLE: "ana=U0123"})
