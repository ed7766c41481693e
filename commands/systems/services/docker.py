"""docker: containers, and services of compose, which may have several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from commands.systems.logs.log_lines import NewLines, parse_output
from commands.systems.logs.log_sources import is_rotated_away, time_mark
from commands.systems.scripts import script
from commands.systems.services.docker_beside import beside
from commands.systems.services.docker_files import by_its_files, other_count
from commands.systems.services.docker_left import DOCKER_LEFT, left_files, replaced
from commands.systems.services.docker_listed import Listed
from commands.systems.services.docker_networks import Shared, cut_off, read_shared, will_be_cut_off
from commands.systems.services.manager import MARK, REMARK, Finding, Manager, Phase, Process, State
from commands.systems.services.sudo_words import is_of_sudo, manager_refused
from commands.systems.services.watching import WATCHING, watched
from commands.text.foreign_json import read_json
from commands.text.numbers import format_count
from commands.text.phrases import agree, joined, joined_few
from commands.text.printable import printable

_FIND = script("services/docker_find.sh")
# docker goes on asking what it calls unhealthy: one that starts slowly may still become healthy
_HEALTHS = {"starting": Phase.STARTING, "unhealthy": Phase.STARTING}
# compose 1 and 2 say it with a warning, and go on with an empty text in its place
_UNSET = re.compile(r"""\bThe \\?["']?([A-Za-z_]\w*)\\?["']? variable is not set""")
_HIDES = "compose keeps it, and it hides what a new image has there"
_UNKEEP = "Leave that volume out of the compose file, or name it if its data must stay"
_ENDED = ("exited", "stopped", "restarting", "dead")  # podman says "stopped" before it says "exited"
_SOME = 12  # digits that people read of an id, as docker shows them


class Docker(Manager):
    """docker. A name is that of a container, or of a compose service, if need be as "project/service"."""

    name = title = "docker"
    up = "running"
    programs = ("docker", "awk", "sed")
    log_values = MARK
    takes_sudo = True
    state = DOCKER_LEFT + WATCHING + _FIND + script("services/docker_volumes.sh") + script("services/docker.sh")
    restart = "restart_containers"
    reload = "reload_containers"
    hidden = f"{state}\nhidden\n"
    errors = script("logs/log_source.sh") + _FIND + script("services/docker_errors.sh")
    preflight = "explain=yes\n"

    def read_state(self, output: str, host: str) -> State:
        lines = [line.split("\t") for line in output.splitlines()]
        if refused := [rest[0] for sort, *rest in lines if sort == "refused"]:
            return State(processes=(), logs={}, obstacles=(_refused(refused[0], host),))
        (now,) = (rest[0] for sort, *rest in lines if sort == "now")
        facts = {one["id"]: one for one in (read_json(rest[0]) for sort, *rest in lines if sort == "facts")}
        means = {rest[0]: rest[1] for sort, *rest in lines if sort == "means"}
        below = {rest[0]: rest[1] for sort, *rest in lines if sort == "below"}
        listed = [
            (name, number.removeprefix("-"), {**facts[one], "below": below.get(one, "")})
            for sort, name, one, number, _ in (line for line in lines if line[0] == "container")
            if one in facts
        ]
        ours, shared = {one["id"] for _, _, one in listed}, read_shared(lines)
        warned = (
            *_kept_volumes(lines),
            *_unnamed(listed, means),
            *_empty(lines, host),
            *by_its_files(listed, lines),
            *_orphans(lines),
            *_watched(listed, lines),
            *_half_made(lines),
            *will_be_cut_off(shared, ours),
        )
        projects = {one["in"] for _, _, one in listed if one["in"]}
        return State(
            processes=tuple(_process(name, number, one, float(now), shared) for name, number, one in listed),
            logs={"log_mark": now},
            obstacles=(*_obstacles(lines, host), *_left_out(listed, lines)),
            warnings=(*_warnings(listed), *warned),
            stale=(
                *_stale(listed, means),
                *cut_off(shared, ours, projects),
                *_one_offs(lines),
                *replaced(listed, lines, "file"),
            ),
            reboot=tuple(_unbooted(listed, lines)),
            left=(*left_files(listed, lines), *replaced(listed, lines, "moved")),
            beside=dict(beside(listed, lines, float(now))),
        )

    def remark(self, said: str) -> str:
        unset = sorted(set(_UNSET.findall(said)))
        empty = f"Docker compose took as empty what is not set there: {', '.join(unset)}." if unset else ""
        lines = (line.removeprefix(REMARK).split("\t") for line in said.splitlines() if line.startswith(REMARK))
        marked = list(lines)
        hidden = [
            f"But {rest[0]} is what it was, a volume without a name: {_HIDES}. {_UNKEEP}."
            for sort, *rest in marked
            if sort == "volume" and len(rest) == 1
        ]
        hidden += [f"But {other_count(*rest)}." for sort, *rest in marked if sort == "count" and len(rest) == 3]
        hidden += [_hidden(*rest) for sort, *rest in marked if sort == "volume" and len(rest) == 4]
        return " ".join(filter(None, (empty, *(f"But {one.what}: {one.todo}." for one in _orphans(marked)), *hidden)))

    def log_env(self, logs: Mapping[str, str]) -> dict[str, str]:
        return {"SINCE": logs["log_mark"]}

    def read_errors(self, output: str, logs: Mapping[str, str], allow: Sequence[str]) -> NewLines:
        unread = [f"docker shows no log of {words}" for words in re.findall(r"^unread=(.*)$", output, re.MULTILINE)]
        for name, made, oldest in re.findall(r"^rotates=(.*)\ncreated=(.*)\noldest=(.*)$", output, re.MULTILINE):
            if is_rotated_away(made, oldest, float(logs["log_mark"])):
                unread.append(f"docker has rotated lines of {name} away")
        if code := re.search(r"^code=([1-9]\d*)$", output, re.MULTILINE):
            unread.append(f"docker logs ended with exit code {code[1]}")
        return replace(parse_output(output, allow), unreadable="; ".join(dict.fromkeys(unread)))


def _process(name: str, number: str, one: Mapping[str, Any], now: float, shared: Sequence[Shared]) -> Process:
    runs = one["status"] == "running"
    lost = [f", but cut off: its network is {of.whose}" for of in shared if of.own == one["id"] and of.is_cut_off]
    started = float(time_mark(one["started"]))
    pid = f"{one['id'][:_SOME]}:{re.sub(r'[^0-9TZ.]', '', one['started'])}"
    phase = _HEALTHS.get(one["health"], Phase.UP) if runs and not lost else Phase.DOWN
    image = one["image_id"].removeprefix("sha256:")[:_SOME]
    return Process(
        service=name,
        number=number,
        pid=pid if runs else "0",
        status="".join([_status(one), *lost]),
        phase=phase,
        restarts=one["restarts"],
        uptime=max(now - started, 0) if runs else 0,
        members=".".join(one["below"].split()),
        code=one["image_id"] if number else "",  # a container by its own name keeps its image
        shown=f"container {one['id'][:_SOME]} of {one['image']} ({image})",
    )


def _status(one: Mapping[str, Any]) -> str:
    status, health = one["status"], one["health"]
    if status == "running":
        return f"running ({health})" if health else "running"
    if status not in _ENDED:
        return str(status)
    memory = ", out of memory" if one.get("oom") else ""
    return f"{status} (exit code {one['code']}{memory})"


def _obstacles(lines: Sequence[Sequence[str]], host: str) -> Iterator[Finding]:
    known = sorted({rest[0] for sort, *rest in lines if sort == "known"})
    has = f"it has {', '.join(known)}" if known else "it has none at all"
    for sort, *rest in lines:
        if sort == "missing":
            what = f"docker on host “{host}” has no container and no compose service {rest[0]}; {has}"
            yield Finding(what=what, todo="start it, or fix the name")
        elif sort == "several":
            what = f"on host “{host}” several projects of compose have a service {rest[0]}: {rest[1]}"
            yield Finding(what=what, todo=f'write which one, as in "{rest[1].split(", ")[0]}/{rest[0]}"')
        elif sort == "compose":
            what = f"docker compose on host “{host}” cannot read project {rest[0]}: {rest[1].strip()}"
            yield Finding(what=what, todo="let `docker compose config` succeed in the project's folder")


def _empty(lines: Sequence[Sequence[str]], host: str) -> Iterator[Finding]:
    for project, said in (rest for sort, *rest in lines if sort == "remark"):
        if unset := sorted(set(_UNSET.findall(said))):
            what = f"docker compose on host “{host}” takes as empty what is not set for project {project}: "
            yield Finding(
                what=what + ", ".join(unset), todo="set it in the .env beside the compose file, or default it"
            )


def _orphans(lines: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """What goes on in the version of before beside the new one: compose restarts and stops only what its files have."""
    found = dict.fromkeys((rest[0], rest[1]) for sort, *rest in lines if sort == "orphan" and len(rest) == 3)
    for project in dict.fromkeys(project for project, _ in found):
        names = sorted(name for of, name in found if of == project)
        runs = agree(len(names), "runs", "run")
        yield Finding(
            what=f"{joined(names)} still {runs}, of a service that the files of project {project} no longer have",
            todo="if nobody needs it, remove it: docker rm -f " + " ".join(names),
        )


def _kept_volumes(lines: Sequence[Sequence[str]]) -> Iterator[Finding]:
    for name, folder in (rest for sort, *rest in lines if sort == "volume"):
        yield Finding(
            what=f"{folder} of {name} is a volume without a name: {_HIDES}",
            todo=_UNKEEP[0].lower() + _UNKEEP[1:],
        )


def _hidden(folder: str, volume: str, first: str, count: str) -> str:
    """A sentence about files of the new image that a named volume hides."""
    more = f" (and {format_count(int(count) - 1, 'more file')})" if count.isdigit() and int(count) > 1 else ""
    return (
        f"But {folder} is the volume {volume}, which docker filled from an earlier image and fills no more: it hides "
        f"{printable(first)[:100]}{more} of the new one. If only files of the image are in it, remove it or mount none."
    )


def _half_made(lines: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """What makes compose fail each time, once it has ended the container that runs."""
    for name, container in dict.fromkeys((rest[0], rest[2]) for sort, *rest in lines if sort == "half"):
        what = f"{container} is what a compose that died in its middle has left of {name}; a restart removes it"
        yield Finding(what=what, todo=f"or remove it now: docker rm {container}")


def _watched(listed: Listed, lines: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """What restarts itself while a checkout changes its files, if it has some of the host."""
    by = {rest[0]: rest[1] for sort, *rest in lines if sort == "watches"}
    for name, option in dict.fromkeys((name, by[one["id"]]) for name, _, one in listed if one["id"] in by):
        yield watched(name, option, "leave that out of its command")


def _left_out(listed: Listed, lines: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """The services of the page that the compose files no longer have, so that compose cannot make them anew."""
    gone = {(rest[0], rest[2]) for sort, *rest in lines if sort == "orphan" and len(rest) == 3}
    for project, service in dict.fromkeys((one["in"], one["of"]) for _, number, one in listed if number):
        if (project, service) in gone:
            what = f"the files of project {project} have no service {service} any more, but its containers still run"
            yield Finding(what=what, todo="name the service that takes its place, and remove these containers")


def _warnings(listed: Listed) -> Iterator[Finding]:
    for name in dict.fromkeys(name for name, _, one in listed if one["log"] == "none"):
        what = f"docker keeps no log of {name} (log driver none), so its errors are not seen"
        yield Finding(what=what, todo="give it a log driver that docker logs can read")
    for name, keeper in dict.fromkeys((name, one["kept_by"]) for name, _, one in listed if one["kept_by"]):
        if keeper.endswith(".service"):
            what = f"{name} is started by the unit {keeper} of systemd, which a restart by docker goes past"
            yield Finding(what=what, todo=f'let systemd restart it: manager = "systemd", name = "{keeper}"')
        else:
            what = f"{name} is a task of the swarm service {keeper}, which replaces what is stopped"
            todo = f'let swarm do it: manager = "commands", with docker service update --force {keeper}'
            yield Finding(what=what, todo=todo)
    for name, number, one in listed:
        if one["of"] and not number:
            service = f"{one['in']}/{one['of']}"
            what = f"{name} is one container of the compose service {service}: a restart keeps its image {one['image']}"
            yield Finding(what=what, todo=f'to make it anew by its compose file, write "{service}"')


def _unnamed(listed: Listed, means: Mapping[str, str]) -> Iterator[Finding]:
    """What runs now and could not be started again: its image was removed, or its tag was given to another one."""
    for name, image, own in dict.fromkeys((name, one["image"], one["image_id"]) for name, _, one in listed):
        if image.startswith("sha256:") or image in own:
            continue
        if means.get(image) == "":
            what = f"{name} runs from the image {image}, which the host no longer has under that name"
            yield Finding(what=what, todo="a rollback to it must pull it: see that the registry still has it")
        elif means.get(image) not in (None, own):
            what = f"{name} runs from what {image} was before: that tag is another image by now"
            yield Finding(what=what, todo="a rollback by that tag does not bring it back: deploy tags that do not move")


def _stale(listed: Listed, means: Mapping[str, str]) -> Iterator[str]:
    for name, image in dict.fromkeys(
        (name, one["image"]) for name, _, one in listed if means.get(one["image"]) not in (None, "", one["image_id"])
    ):
        yield f"{name} runs an older image than {image} is now, for a restart keeps a container's image"


def _one_offs(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """What `compose run` has started from another image than its service has now: a long job with the old code."""
    if names := [rest[0] for sort, *rest in lines if sort == "one-off"]:
        still = agree(
            len(names), "still runs another image than its service", "still run other images than their services"
        )
        yield f"{joined_few(names, 3)} {still}, by `compose run`"


def _unbooted(listed: Listed, lines: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """What docker would not start after a reboot of the host."""
    policies = {rest[0]: rest[1] for sort, *rest in lines if sort == "unbooted"}
    for name, policy in dict.fromkeys((name, policies[one["id"]]) for name, _, one in listed if one["id"] in policies):
        what = f"docker would not start {name} after a reboot of the host: its restart policy is {policy or 'no'}"
        yield Finding(what=what, todo="give it `restart: unless-stopped`, if nothing else starts it")
    for unit in (rest[0] for sort, *rest in lines if sort == "off"):
        what = f"{unit} is disabled, so no container would start after a reboot of the host"
        yield Finding(what=what, todo=f"enable it (systemctl enable {unit})")


def _refused(said: str, host: str) -> Finding:
    if is_of_sudo(said):
        todo = "allow `sudo -n docker`, or put the user into the group docker and remove sudo"
        return manager_refused(said, host, "docker", todo)
    todo = "let dockerd run, and put the user into the group docker or write sudo = true"
    return Finding(what=f"docker on host “{host}” does not answer this user ({said})", todo=todo)
