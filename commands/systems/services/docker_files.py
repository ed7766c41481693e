"""What compose files say of services that a restart would not leave as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from commands.systems.services.docker_listed import Listed
from commands.systems.services.manager import Finding
from commands.text.numbers import format_count
from commands.text.printable import printable

_PULLS = re.compile(r"always|daily|weekly|every_.*")


def by_its_files(listed: Listed, lines: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """What a restart by compose would run in the place of what runs now, and how many containers it keeps."""
    given = {rest[0]: rest[1:] for sort, *rest in lines if sort == "next" and len(rest) == 4}
    for name, _, one in listed:
        if one["id"] in given:
            image, pull, count = given[one["id"]]
            yield from _other_image(name, one["image"], image)
            yield from _pulled(name, image, pull)
            yield from _scaled(name, str(sum(other == name for other, _, _ in listed)), count)


def _other_image(name: str, has: str, gets: str) -> Iterator[Finding]:
    # podman writes the registry of an image before its name, and its tag behind it
    same = f"/{has.removesuffix(':latest')}".endswith(f"/{gets.removesuffix(':latest')}")
    if gets != "-" and not same and not has.startswith("sha256:"):
        yield Finding(
            what=f"{name} runs {printable(has)}, but its compose files give it {printable(gets)} now",
            todo="if a shell gave it its tag, write that into the .env beside the compose file, where a restart "
            "reads it",
        )


def _pulled(name: str, image: str, pull: str) -> Iterator[Finding]:
    if _PULLS.fullmatch(pull) and not _is_fixed(image):
        yield Finding(
            what=f"compose pulls {printable(image)} anew when it restarts {name} (pull_policy: {printable(pull)}), so "
            "what it then runs, also after a rollback, is whatever that tag means at that moment",
            todo="give each release a tag of its own, or leave out pull_policy",
        )


def _scaled(name: str, number: str, count: str) -> Iterator[Finding]:
    if count not in ("-", number):
        todo = f"if it should have {printable(count)}, let a `run` step scale it (docker compose up --detach --scale)"
        yield Finding(what=other_count(name, number, count), todo=todo)


def other_count(name: str, number: str, count: str) -> str:
    """The clause about a service that has another number of containers than its compose files say."""
    has = format_count(int(number), "container")
    return f"{name} has {has}, where its compose files say {printable(count)}: a restart keeps how many there are"


def _is_fixed(image: str) -> bool:
    """Whether a name of an image looks like one that keeps its meaning: by its hash, or a tag with a number."""
    name, at, _ = image.partition("@")
    return bool(at) or bool(re.search(r":[^/]*[0-9][^/]*$", name))
