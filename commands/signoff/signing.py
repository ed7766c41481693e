"""In which of a step's roles a person signs with one press."""

from __future__ import annotations

from commands.progress.step_state import StepState, missing_signatures, signatures, state_of
from commands.runbook.page import Page, PageStep, Part
from commands.runbook.people import People, roles_of, unfilled_roles
from commands.signoff.permission_check import Matter, require_permission, retriers
from commands.signoff.permissions import Act, Party
from state.errors import NotAllowed
from state.facts import Actor
from state.records import Attempt, Record


def roles_to_sign(
    page: Page, record: Record, step: PageStep, attempt: Attempt, actor: Actor, people: People, *, refused: bool
) -> tuple[str, ...]:
    """The missing roles in which a person signs an attempt, or refuses to. Raises NotAllowed if there is none.

    These are all that the person holds. A signature on a page that wants one person per role is only in one of them.
    """
    missing, person = missing_signatures(record, step, attempt), actor.person
    own = [signature for signature in signatures(record, attempt) if signature.person == person]
    if own and missing and not set(missing) & roles_of(person, people):
        signed_as = titles_of(page, tuple(signature.role for signature in own))
        raise NotAllowed(f"You have signed “{step.title}” as {signed_as}. Still needed: {titles_of(page, missing)}.")
    held = [role for role in missing if role in roles_of(person, people)]
    again = {} if refused else {role: retriers(record, step.id, attempt.attempt, role) for role in held}
    barred = [role for role in again if any(actor.may_be(other) for other in again[role])]
    parties = {Party.RETRIER: (actor,) if held and held == barred else ()}
    held = [role for role in held if role not in barred]
    matter = Matter(roles=missing, starter=record.run.started_by, title=step.title, parties=parties)
    require_permission(Act.REFUSE if refused else Act.SIGN, actor, page, people, matter)
    if refused or not page.runbook.one_person_per_role:
        return tuple(held)
    return (_one_role(page, record, step, attempt, actor, people, held),)


def _one_role(
    page: Page, record: Record, step: PageStep, attempt: Attempt, actor: Actor, people: People, held: list[str]
) -> str:
    """The first of the roles that leaves the other missing ones to people who can still sign them."""
    missing = missing_signatures(record, step, attempt)
    signed = signatures(record, attempt)
    if own := next((signature for signature in signed if actor.may_be(signature.by)), None):
        raise NotAllowed(
            f"You have signed “{step.title}” as {page.roles[own.role].title}. On this page one person signs in "
            f"one role only. Still needed: {titles_of(page, missing)}, signed by somebody else."
        )
    used = {
        actor.person,
        *(signature.person for signature in signed),
        *([record.run.starter] if page.runbook.four_eyes else []),
    }
    others = {role: holders - used for role, holders in people.items()}
    return min(held, key=lambda role: len(unfilled_roles(set(missing) - {role}, others)))


def still_needed(page: Page, record: Record, step_id: str) -> str:
    """The titles of the roles whose signature of a step is still missing, with commas; empty if none is."""
    step, attempt = page.step(step_id), record.last(step_id)
    return titles_of(page, missing_signatures(record, step, attempt)) if attempt else ""


_AFTER_REFUSAL = {
    StepState.NO_GO: "Nothing was changed, so the run ends now. After a fix start a new one.",
    StepState.ROLL_BACK: "The run rolls back now.",
    StepState.NEEDS_PEOPLE: "The run waits: run the step again, overrule the refusal with two people, or roll back.",
}


def after_refusal(page: Page, record: Record, step_id: str) -> str:
    """What follows from a refusal, as a sentence; empty in the watch, where it stops nothing."""
    step = page.step(step_id)
    return "" if step.part == Part.WATCH else _AFTER_REFUSAL.get(state_of(page, record, step), "")


def titles_of(page: Page, roles: tuple[str, ...]) -> str:
    """The titles of roles, with commas."""
    return ", ".join(page.roles[role].title for role in roles)
