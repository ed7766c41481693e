"""A team's own page, played with the simulated workspace on the target that the team names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from bot.doors.served_names import VARIABLE
from bot.doors.system_user import system_user
from bot.drill_box.locks import is_held
from bot.env_file import VARIABLE as ENV_FILE
from bot.env_file import Environment
from bot.environment import channel_variable, missing
from bot.rehearsal.role_holders import CHANNEL, CHANNEL_NAME, STARTER
from bot.rehearsal.sandbox import Sandbox, run_bots
from bot.rehearsal.workspace import Person, Workspace
from bot.settings import read_page_file
from commands.runbook import Page
from state.errors import Refused
from state.place import place_of

TARGET = "target.env"
STATE = "gonogo.db"
SPEED = "60"  # a watch of four hours takes four minutes
_KEPT = ("GONOGO_BROWSER", "GONOGO_WATCH_SPEED")  # settings of the bot that the file of the target may have
_NOT_OURS = ("SLACK_", "GONOGO_")


@contextlib.asynccontextmanager
async def open_own_page(file: Path, folder: Path | None, *, port: int = 0) -> AsyncIterator[Sandbox]:
    """Start the workspace and a bot; stop both at the end. Raises Refused if the page or its target is not usable."""
    page = read_page_file(file)
    values = target_values(page, file, folder)
    own = _target_file(file, folder).parent
    if is_held(own / f"{STATE}.lock"):
        raise Refused(
            f"A rehearsal runs in {own} already. End it with Ctrl-C where it was started, or use another folder."
        )
    people = people_of_roles(page)
    workspace = Workspace((STARTER, *people.values()), CHANNEL, CHANNEL_NAME, port=port, strict_rate_limits=True)
    try:
        await workspace.start()
        env = bot_environment(page, values, people) | {
            "GONOGO_RUNBOOK": str(file.absolute()),
            "GONOGO_STATE": str(own.absolute() / STATE),
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "SLACK_API_URL": workspace.api_url,
        }
        async with run_bots(env, [own / "bot.log"]) as running:
            yield Sandbox(workspace=workspace, targets=[], state=place_of(env["GONOGO_STATE"]), bots=running)
    finally:
        await workspace.stop()


def target_values(page: Page, file: Path, folder: Path | None) -> Mapping[str, str]:
    """The values of the target in `target.env`. Raises Refused, and BadSettings for a file that others may read."""
    target = _target_file(file, folder)
    values = Environment({ENV_FILE: str(target)}).read()
    given = set(_given(page))
    if lacking := list(missing(page, {**values, **dict.fromkeys(given, "x")})):
        raise Refused(f"{target} does not set {', '.join(lacking)}, which {file} names.")
    here = Environment(os.environ).read()
    if same := [name for name in _addresses(page) if here.get(name) == values[name]]:
        raise Refused(
            f"{', '.join(same)} in {target} is the same as in this environment or its .env, which may be "
            "production. Give the copy's address, or start the rehearsal where that is not set."
        )
    return values


def _target_file(file: Path, folder: Path | None) -> Path:
    """The file with the values of the target. Raises Refused with what to do if there is none."""
    if folder is not None and (folder / TARGET).is_file():
        return folder / TARGET
    where = f"There is no {folder / TARGET}." if folder else "The box of the rehearsal is made for the pages A and B."
    raise Refused(
        f"{where} It is played on a copy of your target, such as staging: put the copy's values into {TARGET} in a "
        f"folder (`gonogo env {file}` lists them; chmod 600), and name it: gonogo rehearse {file} --folder FOLDER"
    )


def bot_environment(page: Page, values: Mapping[str, str], people: Mapping[str, Person]) -> dict[str, str]:
    """The bot's environment: this process's without proxies and without anything of a real bot, and the target's."""
    named = {name.removeprefix("$") for name in page.env_names()}
    real = {
        name: value
        for name, value in os.environ.items()
        if "proxy" not in name.lower() and not name.startswith(_NOT_OURS) and name not in named
    }
    target = {name: value for name, value in values.items() if name in named or name in _KEPT}
    roles = {}
    for number, (role, person) in enumerate(people.items(), start=1):
        starts = role == next(iter(page.runbook.starters or page.roles))
        roles[page.roles[role].people.removeprefix("$")] = f"{person.id},{STARTER.id}" if starts else person.id
        roles[page.roles[role].phone.removeprefix("$")] = f"+66 2 555 01{number:02}"
    return {
        "GONOGO_WATCH_SPEED": SPEED,
        **real,
        **target,
        **roles,
        channel_variable(page): CHANNEL,
        VARIABLE: f"{system_user().name}={STARTER.id}",
        ENV_FILE: "",  # no file of a real bot counts here
    }


def people_of_roles(page: Page) -> dict[str, Person]:
    """A simulated person for each role of the page."""
    return {
        role: Person(f"U{number:02}ROLE", f"Person {number}", box.title)
        for number, (role, box) in enumerate(page.roles.items(), start=10)
    }


def _given(page: Page) -> list[str]:
    """The variables that the simulated workspace sets: the channel, people and phone numbers."""
    roles = [name.removeprefix("$") for role in page.roles.values() for name in (role.people, role.phone)]
    return [channel_variable(page), *roles]


def _addresses(page: Page) -> list[str]:
    """The variables that lead somewhere."""
    found = [host.address for host in page.places.hosts.values()]
    found += [database.url for database in page.places.databases.values()]
    found += [web.url for web in page.places.webs.values()]
    names = [name for one in found for name in ([one] if isinstance(one, str) else one)]
    return [name.removeprefix("$") for name in dict.fromkeys(names) if name.startswith("$")]
