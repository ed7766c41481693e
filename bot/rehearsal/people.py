"""The people of a rehearsal: who they are, which roles they hold, and how the bot's environment names them."""

from __future__ import annotations

from bot.rehearsal.workspace import Person

STARTER = Person("U01STARTER", "Nok", "Developer")

# role on the shipped pages -> the person who holds it
HOLDERS = {
    "dba": Person("U02DBA", "Somchai", "Database Admin"),
    "backend_lead": Person("U03BACKEND", "Ploy", "Backend Lead"),
    "devops": Person("U04DEVOPS", "Anan", "DevOps"),
    "tech_lead": Person("U05LEAD", "Malee", "Tech Lead"),
    "on_call": Person("U06ONCALL", "Krit", "On-Call"),
    "reviewer": Person("U07REVIEW", "Fern", "Reviewer"),
    "rollback": Person("U08BACK", "Tawan", "Rollback person, on a bus"),
}
PEOPLE = (STARTER, *HOLDERS.values())
CHANNEL = "C01DEPLOY"


def environment() -> dict[str, str]:
    """The roles' people and phone numbers, and the channel, as the bot's environment names them."""
    found = {"GONOGO_CHANNEL": CHANNEL}
    for number, (role, holder) in enumerate(HOLDERS.items(), start=1):
        found[f"GONOGO_{role.upper()}"] = holder.id
        found[f"GONOGO_{role.upper()}_PHONE"] = f"+66 2 555 01{number:02}"
    return found
