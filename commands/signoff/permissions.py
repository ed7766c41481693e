"""Who may do what: the one table of permissions, which every door obeys."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from commands.runbook.alert_rule import AlertRule
from commands.runbook.page import Page
from commands.steps.base import StepBox
from state.facts import Door
from state.frozen import dataclass


class Act(StrEnum):
    """What somebody may do to a run."""

    START = "start"
    SIGN = "sign"
    REFUSE = "refuse"
    AGAIN = "again"
    DONE = "done"
    SKIP = "skip"
    AGREE = "agree"
    OVERRIDE = "override"
    AGREE_TO_OVERRIDE = "agree to override"
    AGREE_TO_START = "agree to start"
    REFUSE_START = "refuse start"
    FREEZE = "freeze"
    LOCK = "lock"
    LIFT = "lift"
    RESUME = "resume"
    FALSE_ALARM = "false alarm"
    KEEP = "keep"
    EARLY_KEEP = "early keep"
    HOLD = "hold"
    ROLLBACK = "rollback"
    END = "end"
    NOTE = "note"
    TAKE_PART = "take part"
    BEGIN_DRILL = "begin drill"
    START_QUEUED = "start queued"
    REORDER = "reorder"
    DROP = "drop"
    HAND_OVER = "hand over"
    TAKE_OVER = "take over"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


class Who(StrEnum):
    """Who may do an act, by the roles of the page."""

    STARTERS = "the page's starters; without any, every role"
    STARTERS_AND_DECIDER = "the page's starters (without any, every role), and the deciding role"
    STEP_ROLES = "the roles that sign the step"
    STEP_DECIDER = "the role that the step asks, or else the deciding role"
    CALLED = "the roles that the alert calls, and the deciding role"
    DECIDER = "the deciding role"
    ANY_ROLE = "every role"
    OWNER = "its owner, and the deciding role"
    MEMBERS = "every member of the channel"
    HOLDERS = "whoever holds the role, where the page allows it"
    OFFERED = "the person to whom the role is offered"
    GIVER = "the person who offered the role"
    OPERATORS = "everybody at the bot's own terminal whom it knows"


class Starter(StrEnum):
    """Whether the person who started the run may do an act."""

    MAY = "may"
    NOT_UNDER_FOUR_EYES = "not under four_eyes"
    NEVER = "never"


class Second(StrEnum):
    """Whether a second person must agree to an act."""

    NO = "no"
    BY_OBJECTION = "if there is a reason against it: a freeze, a lock, a bad build"
    BY_KIND = "if the step's kind asks for two people, or other parts roll back without it"
    YES = "yes"


class Party(StrEnum):
    """Somebody who took part in a matter and must not decide it too."""

    FIRST = "who asked for it"
    REFUSER = "who refused"
    FIXER = "whose fix was refused"
    RETRIER = "who ran it again after this role had refused"


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One row: who may do an act. What a row does not loosen is denied.

    `does` completes “Only … may …”. An act that `stops` waits for nothing: no second person, no answer of Slack.
    A `member` acts in the run's channel, as a member of it. A `real_person` is neither the bot nor a user group.
    `not_by` are the people who must not do it because of what they did before.
    """

    act: Act
    does: str
    who: Who
    stops: bool = False
    starter: Starter = Starter.NOT_UNDER_FOUR_EYES
    second: Second = Second.NO
    not_by: tuple[Party, ...] = ()
    member: bool = True
    real_person: bool = True
    doors: tuple[Door, ...] = (Door.SLACK, Door.TERMINAL)


_REFUSAL = (Party.REFUSER, Party.FIXER)
_ROWS = (
    # a page that KEEP starts begins by that decision: then only the `starters` that it names count
    Permission(
        act=Act.START, does="start this runbook", who=Who.STARTERS, starter=Starter.MAY, second=Second.BY_OBJECTION
    ),
    Permission(act=Act.SIGN, does="sign “{title}” now", who=Who.STEP_ROLES, not_by=(Party.RETRIER,)),
    # a refusal stops the run, and whoever has to sign may always stop it
    Permission(
        act=Act.REFUSE, does="refuse to sign “{title}” now", who=Who.STEP_ROLES, stops=True, starter=Starter.MAY
    ),
    # running a step again goes past no finding: the step must succeed again, and be signed again
    Permission(act=Act.AGAIN, does="run a step again", who=Who.ANY_ROLE, starter=Starter.MAY),
    Permission(act=Act.DONE, does="call “{title}” fixed by hand", who=Who.STEP_DECIDER, second=Second.BY_KIND),
    Permission(act=Act.SKIP, does="skip “{title}”", who=Who.STEP_DECIDER, second=Second.BY_KIND),
    Permission(act=Act.AGREE, does="agree to this", who=Who.ANY_ROLE, not_by=(Party.FIRST,)),
    Permission(
        act=Act.OVERRIDE,
        does="overrule the refusal of “{title}”",
        who=Who.STEP_DECIDER,
        starter=Starter.NEVER,
        second=Second.YES,
        not_by=_REFUSAL,
    ),
    Permission(
        act=Act.AGREE_TO_OVERRIDE,
        does="agree to overrule the refusal of “{title}”",
        who=Who.ANY_ROLE,
        starter=Starter.NEVER,
        not_by=(Party.FIRST, *_REFUSAL),
    ),
    # a freeze may name the roles of which somebody must agree; whoever gave the reason or decided KEEP is the first
    Permission(
        act=Act.AGREE_TO_START,
        does="agree to this start",
        who=Who.ANY_ROLE,
        starter=Starter.NEVER,
        not_by=(Party.FIRST,),
    ),
    # the run ends before anything was changed
    Permission(
        act=Act.REFUSE_START,
        does="refuse this start",
        who=Who.MEMBERS,
        stops=True,
        starter=Starter.MAY,
        real_person=False,
    ),
    # no run is needed for these; who sets one only stops
    Permission(act=Act.FREEZE, does="freeze {title}", who=Who.ANY_ROLE, starter=Starter.MAY),
    Permission(act=Act.LOCK, does="lock {title}", who=Who.ANY_ROLE, starter=Starter.MAY),
    Permission(act=Act.LIFT, does="lift a freeze or a lock of {title}", who=Who.OWNER, starter=Starter.MAY),
    Permission(act=Act.RESUME, does="resume", who=Who.DECIDER),
    Permission(act=Act.FALSE_ALARM, does="hold “{title}”", who=Who.CALLED),
    Permission(act=Act.KEEP, does="decide KEEP", who=Who.DECIDER),
    Permission(act=Act.EARLY_KEEP, does="decide KEEP", who=Who.DECIDER, second=Second.YES),
    # at the terminal the bot's own system user may be the one who stops, so nobody asks for a real person here
    Permission(act=Act.HOLD, does="hold the run", who=Who.MEMBERS, stops=True, starter=Starter.MAY, real_person=False),
    # the bot rolls back by itself where an alert or a failed step says so
    Permission(
        act=Act.ROLLBACK,
        does="roll back",
        who=Who.MEMBERS,
        stops=True,
        starter=Starter.MAY,
        real_person=False,
        doors=(Door.SLACK, Door.TERMINAL, Door.BOT),
    ),
    # whoever can stop the bot and open its record can do this anyway; it frees the target and rolls nothing back
    Permission(
        act=Act.END,
        does="close a run by hand",
        who=Who.OPERATORS,
        stops=True,
        starter=Starter.MAY,
        member=False,
        real_person=False,
        doors=(Door.TERMINAL,),
    ),
    # it decides nothing, and it is about a message of the channel
    Permission(
        act=Act.NOTE, does="add a note to the report", who=Who.MEMBERS, starter=Starter.MAY, doors=(Door.SLACK,)
    ),
    # only in a drill, before it begins: the button is a person's own word that their phone may ring
    Permission(
        act=Act.TAKE_PART,
        does="take part in the drill",
        who=Who.ANY_ROLE,
        starter=Starter.MAY,
        doors=(Door.SLACK,),
    ),
    Permission(
        act=Act.BEGIN_DRILL,
        does="let the drill begin",
        who=Who.ANY_ROLE,
        starter=Starter.MAY,
        doors=(Door.SLACK,),
    ),
    # it begins in the name of whoever queued it, who must still be allowed to start it
    Permission(
        act=Act.START_QUEUED,
        does="start or postpone a queued start",
        who=Who.STARTERS_AND_DECIDER,
        starter=Starter.MAY,
    ),
    Permission(act=Act.REORDER, does="change the order of the queue", who=Who.STARTERS, starter=Starter.MAY),
    # what does not begin changes nothing
    Permission(
        act=Act.DROP,
        does="drop a queued start",
        who=Who.MEMBERS,
        stops=True,
        starter=Starter.MAY,
        real_person=False,
    ),
    # a place in a role goes from one person to another for one run; under four_eyes it cannot come to the starter
    Permission(act=Act.HAND_OVER, does="hand over “{title}”", who=Who.HOLDERS, starter=Starter.MAY),
    Permission(act=Act.TAKE_OVER, does="take over “{title}”", who=Who.OFFERED),
    Permission(act=Act.DECLINE, does="decline “{title}”", who=Who.OFFERED, starter=Starter.MAY),
    Permission(act=Act.WITHDRAW, does="withdraw the offer of “{title}”", who=Who.GIVER, starter=Starter.MAY),
)
PERMISSIONS: Mapping[Act, Permission] = {row.act: row for row in _ROWS}


def roles_for(act: Act, page: Page, *, box: StepBox | None = None, alert: AlertRule | None = None) -> tuple[str, ...]:
    """The roles of a page that may do an act, about a step's box or an alert. Empty for an act that needs no role."""
    decider, every = page.decision.role, tuple(sorted(page.roles))
    roles: dict[Who, tuple[str, ...]] = {
        Who.STARTERS: tuple(page.runbook.starters) or every,
        Who.STARTERS_AND_DECIDER: tuple(dict.fromkeys([*(page.runbook.starters or every), decider])),
        Who.STEP_ROLES: tuple(sorted(box.roles())) if box else (),
        Who.STEP_DECIDER: ((box.asks if box else "") or decider,),
        Who.CALLED: tuple(dict.fromkeys([*(alert.pings if alert else ()), decider])),
        Who.DECIDER: (decider,),
        Who.ANY_ROLE: every,
        Who.OWNER: (decider,),
    }
    return roles.get(PERMISSIONS[act].who, ())
