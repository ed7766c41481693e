"""Status, log and history as JSON. Names are added later; none is removed before 1.0."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.text import event_kind, event_person, event_title_and_detail
from commands.report.dora import Deploy, DoraMetrics, dora_metrics
from commands.report.status import Status
from commands.watch.verdicts import CheckVerdict
from state.facts import HandoverOffer
from state.records import Event


def status_json(status: Status) -> Iterator[str]:
    """The status as one object."""
    rollback = {
        "requested": bool(status.rollback_reason),
        "reason": status.rollback_reason,
        "seconds_left": _seconds(status.rollback_left),
        "loses": status.rollback_loss,
        "not_restored": list(status.not_restored),
        "not_undone": list(status.not_undone),
    }
    waiting = [
        {
            "ask": str(one.ask),
            "step": one.step,
            "attempt": one.attempt,
            "title": one.title,
            "roles": list(one.roles),
            "choices": [str(choice) for choice in one.choices],
            "blocks": one.blocks,
            "why": status.reasons.get(one, ""),
            "signed": [{"role": role, "text": text} for role, text in status.signed.get(one, ())],
        }
        for one in status.waiting
    ]
    yield from _lines(
        {
            "run": status.run,
            "target": status.target,
            "page": status.title,
            "release": status.release,
            "state": str(status.state),
            "phase": str(status.phase),
            "doing": status.doing,
            "until": _time(status.until),
            "settled": status.settled,
            "total": status.total,
            "clock_seconds": _seconds(status.clock),
            "waiting": waiting,
            "held_by": status.held_by,
            "hold_reason": status.hold_reason,
            "handovers": [_handover(one) for one in status.handovers],
            "offered_roles": [_handover(one) for one in status.offers],
            "countdowns": [
                {"alert": one.alert.name, "number": one.number, "ends_at": _time(one.ends_at)}
                for one in status.countdowns
            ],
            "checks": [_check(check) for check in status.checks],
            "criteria": [
                {"text": one.text, "mark": one.mark.name.lower(), "evidence": one.evidence, "no_go": one.sign}
                for one in status.criteria
            ],
            "rollback": rollback,
            "notes": [
                {"at": _time(note.at), "by": note.person, "text": note.text, "author": note.author, "link": note.link}
                for note in status.notes
            ],
        }
    )


def _handover(offer: HandoverOffer) -> dict[str, str]:
    return {"role": offer.role, "from": offer.person, "to": offer.to}


def event_json(event: Event) -> str:
    """An event as one object on one line."""
    title, detail = event_title_and_detail(event.data)
    return json.dumps(
        {
            "at": _time(event.at),
            "kind": event_kind(event.data),
            "by": event_person(event.data),
            "title": title,
            "detail": detail,
        }
    )


def history_json(shown: Sequence[Deploy], history: Sequence[Deploy], unread: Sequence[str]) -> Iterator[str]:
    """The runs, and the DORA metrics of each of their targets over the whole history, as one object."""
    targets = dict.fromkeys(deploy.run.target for deploy in shown)
    metrics = {target: dora_metrics(one for one in history if one.run.target == target) for target in targets}
    yield from _lines(
        {
            "runs": [_deploy(deploy) for deploy in shown],
            "metrics": {target: _metrics(found) for target, found in metrics.items()},
            "unreadable": list(unread),
        }
    )


def _check(check: CheckVerdict) -> dict[str, Any]:
    return {
        "step": check.step,
        "title": check.title,
        "verdict": check.verdict.name.lower(),
        "summary": check.summary,
        "at": _time(check.at),
    }


def _deploy(deploy: Deploy) -> dict[str, Any]:
    run = deploy.run
    return {
        "run": run.id,
        "target": run.target,
        "release": run.release,
        "state": str(run.state),
        "began_at": _time(run.began_at),
        "ended_at": _time(run.ended_at),
        "lead_seconds": _seconds(deploy.lead_time),
        "restored_seconds": _seconds(deploy.restored),
    }


def _metrics(found: DoraMetrics) -> dict[str, Any]:
    return {
        "deploys": found.deploys,
        "rolled_back": found.rolled_back,
        "kept_per_week": found.per_week,
        "lead_seconds": _seconds(found.lead_time),
        "change_failure_rate": found.change_failure_rate,
        "restore_seconds": _seconds(found.time_to_restore),
        "since": _time(found.since),
    }


def _lines(value: dict[str, Any]) -> Iterator[str]:
    # ASCII, so that nothing in it acts on a terminal
    yield from json.dumps(value, indent=2).splitlines()


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()
