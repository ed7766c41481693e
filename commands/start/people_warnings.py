"""What the people of a page's roles cannot do: sign a step as the page wants it, or decide."""

from __future__ import annotations

from collections.abc import Iterator

from commands.ports.preflight import OK, WARN, PreflightResult
from commands.runbook.page import Page
from commands.runbook.people import People, is_user_group, unfilled_roles
from commands.start.preflight import PreflightLine

_Holders = dict[str, frozenset[str]]


def people_warnings(page: Page, people: People, starter: str = "") -> tuple[str, ...]:
    """One sentence for each thing that a run would wait for in vain, if `starter` starts it (empty: not known yet).

    A user group that is not expanded into its members counts as enough people. A role without people has its own error.
    """
    if _empty(page, people):
        return ()
    out = {starter} if page.runbook.four_eyes else set()
    holders: _Holders = {role: people[role] - out for role in page.roles}
    return tuple(dict.fromkeys([*_signatures(page, holders), *_deciders(page, holders), *_two_people(page, holders)]))


def people_lines(page: Page, people: People) -> list[PreflightLine]:
    """The doctor's lines about the people of the roles, before it is known who will start."""
    warnings = people_warnings(page, people)
    if empty := _empty(page, people):
        who = f"{_titles(page, empty)} {'has' if len(empty) == 1 else 'have'} nobody yet"
        warnings = (f"Not checked whether there are enough people: {who}. Name them in {_variables(page, empty)}.",)
    results = [PreflightResult(level=WARN, summary=warning) for warning in warnings]
    fine = PreflightResult(level=OK, summary="enough different people for every signature")
    return [PreflightLine(about="roles", result=result) for result in results or [fine]]


def _empty(page: Page, people: People) -> list[str]:
    return [role for role in page.roles if not people.get(role)]


def _signatures(page: Page, holders: _Holders) -> Iterator[str]:
    for step in page.steps:
        roles = step.box.roles()
        if alone := [role for role in sorted(roles) if not holders[role]]:
            yield f"Nobody but the starter can sign “{step.title}” as {_titles(page, alone)}, and the starter must not."
        elif page.runbook.one_person_per_role and unfilled_roles(roles, holders):
            yield (
                f"“{step.title}” needs {len(roles)} different people, one for each of {_titles(page, sorted(roles))}; "
                f"these roles have too few. Name more people in {_variables(page, sorted(roles))}."
            )


def _deciders(page: Page, holders: _Holders) -> Iterator[str]:
    role = page.decision.role
    if not holders[role]:
        title = _titles(page, [role])
        yield f"Nobody but the starter can resume the run or decide KEEP as {title}, and the starter must not."


def _two_people(page: Page, holders: _Holders) -> Iterator[str]:
    everybody = frozenset().union(*holders.values())
    if len(everybody) < 2 and not any(is_user_group(name) for name in everybody):
        steps = [step.title for step in page.steps if step.box.needs_second_person]
        if page.watch or steps:
            yield (
                "Too few people hold a role: nobody can agree as a second person, to a skip or to an early KEEP; "
                "give one to a second person."
            )


def _titles(page: Page, roles: list[str]) -> str:
    return ", ".join(page.roles[role].title for role in roles)


def _variables(page: Page, roles: list[str]) -> str:
    return ", ".join(page.roles[role].people.removeprefix("$") for role in roles)
