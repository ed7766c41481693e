"""Calendars in the file of freezes: read hourly, a good copy kept, never silently empty."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from unicodedata import normalize
from zoneinfo import ZoneInfo

import pytest

from bot.calendars.calendars import Calendars
from bot.freezes_file import freezes_of_file
from commands.start.freezes import Freeze, freeze_objector
from commands.start.objections import Considered, Intent
from commands.start.request import StartRequest
from state.errors import Refused
from state.facts import Actor, Door
from tests.bot.calendars.calendar_server import CalendarServer, calendar, calendar_server
from tests.pages import NOON, small

PAGE = small()
SALE = "DTSTART:20261123T110000Z\nDTEND:20261123T130000Z\nSUMMARY:Black Friday SALE"
PATIENT = 60.0  # seconds
SECRETS = ("private-k3y9f2hq7w", "t0psecr3t")


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    with calendar_server() as server:
        server.body = calendar(SALE)
        yield server


class Bot:
    """A bot whose file of freezes names one calendar."""

    def __init__(self, folder: Path, entry: str) -> None:
        self.folder = folder
        self.file = folder / "freezes.toml"
        self.file.write_text(f"[[calendar]]\n{entry}\n")
        self.restart()

    def restart(self, limit: float = PATIENT) -> None:
        """As a new process."""
        self.calendars = Calendars(self.folder / "gonogo.db", {}, limit)

    def on(self, now: datetime = NOON) -> list[Freeze]:
        """What is on."""
        return list(freezes_of_file(self.file, self.calendars, PAGE, now))

    def consider(self, now: datetime = NOON) -> Considered:
        """What speaks against a start."""
        source = partial(freezes_of_file, self.file, self.calendars)
        actor = Actor(person="U1", door=Door.SLACK)
        intent = Intent(page=PAGE, ref="main", actor=actor, at=now, request=StartRequest(page=PAGE.name))
        return freeze_objector([source], lambda page: {})(intent)

    @property
    def copies(self) -> list[Path]:
        """The files of the copies."""
        return list(self.folder.glob("gonogo.db.calendar-*"))


def words(freezes: list[Freeze]) -> list[str]:
    """What people read."""
    return [freeze.sentence(ZoneInfo("Asia/Bangkok")) for freeze in freezes]


def test_an_event_of_a_file_is_a_freeze_with_its_title_as_the_reason(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(calendar(SALE))
    bot = Bot(tmp_path, 'file = "team.ics"\nmay_override = ["lead"]')
    assert words(bot.on()) == [
        "shop is frozen until Mon 23 Nov 20:00 by the calendar of team.ics: Black Friday SALE.",
    ]
    assert bot.on()[0].roles == ("lead",)
    assert bot.on(NOON + timedelta(hours=1)) == []


def test_an_entry_counts_for_its_pages_and_for_titles_with_its_text(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(calendar(SALE))
    assert len(Bot(tmp_path, 'file = "team.ics"\npages = ["small.md"]\nonly = "friday sale"').on()) == 1
    assert Bot(tmp_path, 'file = "team.ics"\npages = ["other.md"]').on() == []
    assert Bot(tmp_path, 'file = "team.ics"\nonly = "FREEZE"').on() == []
    with pytest.raises(Refused, match=r"Only cto may override it, and small\.md has no such role"):
        Bot(tmp_path, 'file = "team.ics"\nmay_override = ["cto"]').on()


def test_a_file_that_changes_is_read_at_once(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(calendar())
    bot = Bot(tmp_path, 'file = "team.ics"')
    assert bot.on() == []
    (tmp_path / "team.ics").write_bytes(calendar(SALE))
    assert len(bot.on()) == 1


def test_an_address_is_read_at_most_once_an_hour_also_by_the_next_process(
    tmp_path: Path, server: CalendarServer
) -> None:
    bot = Bot(tmp_path, f'url = "{server.url}"')
    for minutes in (0, 1, 59):
        assert "by the calendar of 127.0.0.1: Black" in words(bot.on(NOON + timedelta(minutes=minutes)))[0]
        bot.restart()
    assert server.requests == 1
    server.body = calendar()
    assert bot.on(NOON + timedelta(minutes=60)) == []
    assert server.requests == 2


def test_the_copy_is_for_its_owner_only_and_its_name_does_not_tell_the_address(
    tmp_path: Path, server: CalendarServer
) -> None:
    bot = Bot(tmp_path, f'url = "{server.url}"')
    bot.on()
    (copy,) = bot.copies
    assert copy.stat().st_mode & 0o777 == 0o600
    assert not any(secret in copy.name or secret in copy.read_text() for secret in SECRETS)


def test_while_the_server_is_away_the_copy_counts_and_its_age_is_said_after_a_restart_too(
    tmp_path: Path, server: CalendarServer, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot(tmp_path, f'url = "{server.url}"')
    server.body = calendar(SALE.replace("DTEND:20261123", "DTEND:20261124"))
    assert len(bot.on()) == 1
    server.status = 503
    caplog.set_level(logging.DEBUG, "gonogo")
    caplog.set_level(logging.WARNING, "httpx")  # as in the bot, whose log drops its lines
    caplog.set_level(logging.WARNING, "httpcore")
    for _ in range(2):
        old, sale = words(bot.on(NOON + timedelta(hours=3)))
        assert old == "The calendar of 127.0.0.1 cannot be read (status 503): its copy counts, read 3 h ago."
        assert sale.endswith("by the calendar of 127.0.0.1: Black Friday SALE.")
        bot.restart()
    considered = bot.consider(NOON + timedelta(hours=30))
    assert considered.objections == ()
    assert "read 30 h ago" in considered.notes[0]
    assert not any(secret in caplog.text for secret in SECRETS)


@pytest.mark.parametrize("copy", ["none", "too old", "damaged"])
def test_without_a_good_copy_a_calendar_that_cannot_be_read_speaks_against_a_start(
    tmp_path: Path, server: CalendarServer, copy: str
) -> None:
    bot = Bot(tmp_path, f'url = "{server.url}"')
    if copy != "none":
        bot.on()
    if copy == "damaged":
        bot.copies[0].write_text('{"read_at": "2026-11-23T12:00:00Z", "spans": [{}]}')
        bot.restart()
    server.status = 404
    (found,) = bot.consider(NOON + timedelta(days=14 if copy == "too old" else 0)).objections
    assert found.summary == (
        "Whether a freeze of shop is on is not known: the calendar of 127.0.0.1 cannot be read (status 404), "
        "and there is no copy that reaches until today."
    )


def test_a_calendar_that_was_away_is_asked_again_after_a_minute(tmp_path: Path, server: CalendarServer) -> None:
    bot = Bot(tmp_path, f'url = "{server.url}"')
    server.status = 500
    assert bot.on()[0].unknown
    server.status = 200
    assert bot.on(NOON + timedelta(seconds=59))[0].unknown
    assert not bot.on(NOON + timedelta(seconds=60))[0].unknown


def test_a_slow_server_is_not_waited_for_longer_than_the_limit_and_counts_later(
    tmp_path: Path, server: CalendarServer
) -> None:
    bot = Bot(tmp_path, f'url = "{server.url}"')
    bot.restart(limit=0.05)
    server.answers.clear()
    assert "it has not answered yet; ask again" in bot.on()[0].unknown
    server.answers.set()
    bot.calendars._limit = PATIENT
    assert words(bot.on())[0].endswith("Black Friday SALE.")
    assert server.requests == 1


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (302, b"", "it redirects, which is not followed: name the address it leads to"),
        (200, b"<html>log in</html>", "it is no iCalendar file"),
        (200, b"x" * 1_000_001, "it is larger than 1 MB"),
    ],
)
def test_an_answer_that_is_no_calendar_is_said(
    tmp_path: Path, server: CalendarServer, status: int, body: bytes, said: str
) -> None:
    server.status, server.body = status, body
    (found,) = Bot(tmp_path, f'url = "{server.url}"').on()
    assert said in found.unknown


def test_a_server_that_is_not_there_is_said_without_the_address(tmp_path: Path, server: CalendarServer) -> None:
    url = server.url.replace(f":{server.server_port}", ":9")
    (found,) = Bot(tmp_path, f'url = "{url}"').on()
    assert "unreachable (ConnectError)" in found.unknown
    assert not any(secret in found.unknown for secret in SECRETS)


def test_a_copy_that_cannot_be_kept_keeps_nobody_from_the_freezes(
    tmp_path: Path, server: CalendarServer, caplog: pytest.LogCaptureFixture
) -> None:
    bot = Bot(tmp_path, f'url = "{server.url}"')
    bot.calendars = Calendars(tmp_path / "away" / "gonogo.db", {}, PATIENT)
    assert words(bot.on())[0].endswith("Black Friday SALE.")
    assert "a calendar's copy cannot be kept" in caplog.text


@pytest.mark.parametrize(
    "entry",
    [
        "",
        'file = "a.ics"\nurl = "https://calendar.example/t0psecr3t"',
        'url = "http://calendar.example/t0psecr3t"',
        'url = "webcal://calendar.example/t0psecr3t"',
        'url = "https://[calendar/t0psecr3t"',
        'url = "https://calendar.example/t0psecr3t\\u0000"',
        'url = ["t0psecr3t"]',
        'fiel = "a.ics"',
    ],
)
def test_an_entry_that_is_wrong_is_said_without_its_address(tmp_path: Path, entry: str) -> None:
    (found,) = Bot(tmp_path, entry).on()
    assert "freezes.toml, calendar 0" in found.unknown
    assert "t0psecr3t" not in found.unknown


def test_more_calendars_than_are_read_are_refused(tmp_path: Path) -> None:
    (found,) = Bot(tmp_path, 'file = "a.ics"\n' + '[[calendar]]\nfile = "a.ics"\n' * 10).on()
    assert "names 11 calendars; at most 10 are read" in found.unknown


@pytest.mark.parametrize(
    "title", ["Holiday shopping " * 14 + "FREEZE", "password: freeze", "Release token=freeze-2026"]
)
def test_an_event_of_whose_title_not_all_is_read_speaks_against_a_start(tmp_path: Path, title: str) -> None:
    text = calendar(SALE.replace("Black Friday SALE", title)).decode()
    (tmp_path / "team.ics").write_text(text)
    bot = Bot(tmp_path, 'file = "team.ics"\nonly = "freeze"')
    (found,) = bot.on()
    assert "of whose title not all is read, so whether it has “freeze” is not known" in found.unknown
    (tmp_path / "team.ics").write_text(text.replace("20261123", "20261124"))
    assert bot.on() == []


def test_white_space_in_the_words_that_are_looked_for_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(calendar(SALE))
    assert len(Bot(tmp_path, 'file = "team.ics"\nonly = " friday  sale"').on()) == 1


@pytest.mark.fault("not looked at, and said to be fine")
@pytest.mark.parametrize(
    "written",
    [
        "Gel\xc3\r\n \xa9 de fin d'ann\xc3\xa9e".encode("latin-1"),  # folded within a letter
        "Gelé de fin d'année".encode(),
        normalize("NFD", "Gelé de fin d'année").encode(),
    ],
)
def test_a_title_in_any_form_of_its_letters_has_the_words_that_are_looked_for(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "team.ics").write_bytes(calendar(SALE).replace(b"Black Friday SALE", written))
    assert len(Bot(tmp_path, 'file = "team.ics"\nonly = "gelé"').on()) == 1
    assert Bot(tmp_path, 'file = "team.ics"\nonly = "gel\u00e8"').on() == [], "another accent is another word"


def test_a_title_that_is_no_utf_8_speaks_against_a_start_only_if_words_with_such_letters_are_looked_for(
    tmp_path: Path,
) -> None:
    written = "Gelé de Noël".encode("latin-1")
    (tmp_path / "team.ics").write_bytes(calendar(SALE).replace(b"Black Friday SALE", written))
    (found,) = Bot(tmp_path, 'file = "team.ics"\nonly = "gelé"').on()
    assert "whose title is not in UTF-8, so whether it has “gelé” is not known. Let the calendar be in" in found.unknown
    (found,) = Bot(tmp_path, 'file = "team.ics"\nonly = "gel"').on()
    assert not found.unknown
    assert Bot(tmp_path, 'file = "team.ics"\nonly = "freeze"').on() == []


@pytest.mark.fault("one bad old thing stops all")
def test_the_character_for_unread_bytes_in_a_title_of_utf_8_is_a_character(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(calendar(SALE).replace(b"Black Friday SALE", "R\ufffdunion".encode()))
    assert Bot(tmp_path, 'file = "team.ics"\nonly = "gelé"').on() == []
