"""System users for tests of the terminal, and what a serving bot has stored about them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bot.doors.in_force import to_put_in_force
from bot.doors.served_names import VARIABLE
from bot.doors.system_user import SystemUser
from bot.settings import Settings
from state.sqlite.store import Store
from tests.bot.slack.run_writer import CHANNEL, DBA, GUEST, LEAD, PAGE

USERS = {GUEST: "guest", DBA: "dora", LEAD: "lea"}
ENVIRON = {
    VARIABLE: ",".join(f"{user}={person}" for person, user in USERS.items()),
    "SHOP_DBA": DBA,
    "SHOP_LEAD": LEAD,
    "GONOGO_CHANNEL": CHANNEL,
}


def system_user_of(person: str) -> SystemUser:
    """The system user of a person, on web1."""
    return SystemUser(name=USERS[person], host="web1")


def put_in_force(path: Path, **changes: str) -> None:
    """Store what a bot stores that serves the small page with this environment, and stop that bot."""
    settings = Settings(runbook=path, state=path, environ={**ENVIRON, **changes})
    with closing(Store(path, serving=True)) as store:
        store.put_in_force(to_put_in_force(settings, [PAGE]))
