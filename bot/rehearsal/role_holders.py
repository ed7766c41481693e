"""The people of a rehearsal, their roles, and the bot's variables for both."""

from __future__ import annotations

from bot.rehearsal.workspace import Person

STARTER = Person("U01STARTER", "Nok", "Developer")

# role of the shipped pages -> the person who holds it
ROLE_HOLDERS = {
    "dba": Person("U02DBA", "Somchai", "Database Admin"),
    "backend_lead": Person("U03BACKEND", "Ploy", "Backend Lead"),
    "devops": Person("U04DEVOPS", "Anan", "DevOps"),
    "tech_lead": Person("U05LEAD", "Malee", "Tech Lead"),
    "on_call": Person("U06ONCALL", "Krit", "On-Call"),
    "reviewer": Person("U07REVIEW", "Fern", "Reviewer"),
    "rollback": Person("U08BACK", "Tawan", "Rollback person, on a bus"),
}
# only people with a role may start a run; the starter signs nothing, so that another person holds the role too
STARTER_ROLE = "devops"
PEOPLE = (STARTER, *ROLE_HOLDERS.values())
CHANNEL, CHANNEL_NAME = "C01DEPLOY", "deploys"


def role_environment() -> dict[str, str]:
    """The environment variables for the channel and for each role's person and phone number."""
    variables = {"GONOGO_CHANNEL": CHANNEL}
    for number, (role, holder) in enumerate(ROLE_HOLDERS.items(), start=1):
        variables[f"GONOGO_{role.upper()}"] = f"{holder.id},{STARTER.id}" if role == STARTER_ROLE else holder.id
        variables[f"GONOGO_{role.upper()}_PHONE"] = f"+66 2 555 01{number:02}"
    return variables
