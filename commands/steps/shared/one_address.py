"""Steps of two hosts that ask one address, behind which a balancer may answer for either."""

from __future__ import annotations

from collections.abc import Mapping

from commands.steps.base import StepBox


def one_address_warning(box: StepBox, boxes: Mapping[str, StepBox], same: tuple[str, ...]) -> str:
    """What the author should know, as a clause; empty if no other host's step of that kind asks the same address.

    `same`: the fields that such a step has in common with this one.
    """

    def known(one: StepBox) -> list[object]:
        return [getattr(one, name) for name in ("kind", "web", *same)]

    host, wanted = getattr(box, "host", ""), known(box)
    if not getattr(box, "web", "") or not box.changes_production:
        return ""
    others = (one for one in boxes.values() if type(one) is type(box) and known(one) == wanted)
    other = next((getattr(one, "host", "") for one in others if getattr(one, "host", "") != host), "")
    if not other:
        return ""
    return (
        f'web: a step on host "{other}" asks the same address, so that host may answer in place of "{host}"; write a '
        "web place for each host, with its own address"
    )
