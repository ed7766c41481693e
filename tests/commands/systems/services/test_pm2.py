"""What only pm2 has: several processes of a name, and namespaces; with pm2 from npm."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.ports.preflight import PreflightContext, PreflightResult
from tests.commands.systems.services.stages.pm2 import Pm2Stage, pm2_stage
from tests.commands.systems.services.stages.stage import NEW
from tests.parts.service import Service

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pm2Stage]:
    with pm2_stage(tmp_path_factory.mktemp("pm2")) as running:
        yield running


def test_every_process_of_a_name_is_restarted_and_judged(stage: Pm2Stage) -> None:
    workers = stage.start("twins", worker=True, words=("--instances=2",))
    workers.will(commit=NEW)
    outcome = stage.restart(workers)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.startswith("twins is online with 2 new processes")
    assert len(outcome.values["pid"].split(",")) == 2


def test_a_namespace_stands_for_all_its_services(stage: Pm2Stage) -> None:
    for name in ("shop-api", "shop-mail"):
        stage.start(name, worker=True, words=("--namespace=shop",)).will(commit=NEW)
    shop = Service(stage.host.folder / "services" / "shop", "shop", port=0)
    shop.will(port=0)
    outcome = stage.restart(shop)
    assert outcome.state == "done", outcome.summary
    assert outcome.summary.startswith("shop is online with 2 new processes")
    assert any(line.startswith("shop-mail: pid ") for line in outcome.lines), outcome.lines


def test_a_service_of_another_namespace_with_that_name_goes_before(stage: Pm2Stage) -> None:
    stage.start("mine", worker=True, words=("--namespace=other",)).will(commit=NEW)
    stage.start("else", worker=True, words=("--namespace=mine",)).will(commit=NEW)
    mine = Service(stage.host.folder / "services" / "mine", "mine", port=0)
    mine.will(port=0)
    outcome = stage.restart(mine)
    assert outcome.summary.startswith("mine is online with a new process"), outcome.summary


def test_a_reload_starts_new_processes(stage: Pm2Stage) -> None:
    worker = stage.start("reloaded", worker=True)
    outcome = stage.restart(worker, more='steady = "1 s"\nreload = true')
    assert outcome.state == "done", outcome.summary
    assert "reloaded is online after its reload" in outcome.summary


def released_worker(stage: Pm2Stage, name: str, *words: str) -> tuple[Service, Path]:
    """A worker in the release 1, to which a link leads, started as `words` say in the folder of that link."""
    top = stage.host.folder / "services" / name
    for number in ("1", "2"):
        (top / "releases" / number).mkdir(parents=True)
        (top / "releases" / number / "worker.js").write_text("setInterval(() => {}, 1000)")
    current = top / "current"
    current.symlink_to("releases/1")
    stage.host.run(["bash", "-c", f"cd {current} && pm2 start {' '.join(words)} --name={name}"])
    service = Service(top / "unused", name, port=0)
    service.will(port=0)
    return service, current


def preflight(stage: Pm2Stage, service: Service) -> list[PreflightResult]:
    *_, check = stage.box("service", service).preflight()
    found: list[PreflightResult] = check.run_preflight(PreflightContext(tools=stage.context(service).tools, ref="main"))
    return found


def lead(current: Path, release: str) -> None:
    """Let the link lead to another release."""
    current.unlink()
    current.symlink_to(release)


@pytest.mark.fault("compared with itself")
def test_a_worker_that_goes_on_in_the_release_that_was_left_is_not_restarted(stage: Pm2Stage) -> None:
    service, current = released_worker(stage, "left", "worker.js")
    releases = current.parent / "releases"
    (warned,) = preflight(stage, service)
    assert warned.level == "warn"
    assert warned.summary == (
        f"pm2 starts left in {releases}/1, not through {current}: once that leads to another release, a restart still "
        "runs this one"
    )
    before = stage.restart(service)
    assert before.state == "done", before.summary
    lead(current, "releases/2")
    outcome = stage.restart(service)
    assert outcome.summary == (f"left did not start properly: left works in {releases}/1, but {current} leads to 2."), (
        outcome.lines
    )
    assert stage.steady(service, after=before).state == "failed"
    lead(current, "releases/1")
    assert stage.restart(service).state == "done", "the way back"


@pytest.mark.fault("compared with itself")
def test_a_worker_that_is_started_through_the_link_runs_where_it_leads(stage: Pm2Stage) -> None:
    service, current = released_worker(stage, "through", f"{stage.host.folder}/services/through/current/worker.js",
                                       f"--cwd={stage.host.folder}/services/through/current")  # fmt: skip
    assert [result.level for result in preflight(stage, service)] == ["ok"]
    lead(current, "releases/2")
    outcome = stage.restart(service)
    assert outcome.state == "done", outcome.summary
    shutil.rmtree(current.parent / "releases" / "1")
    assert stage.restart(service).state == "done"


@pytest.mark.fault("compared with itself")
@pytest.mark.parametrize(("old", "new", "seen"), [("build-9", "build-10", True), ("blue", "green", False)])
def test_a_link_of_any_name_through_which_a_worker_was_started_counts(
    stage: Pm2Stage, old: str, new: str, seen: bool
) -> None:
    top = stage.host.folder / "services" / f"live-{old}"
    for build in (old, new):
        (top / build).mkdir(parents=True)
        (top / build / "worker.js").write_text("setInterval(() => {}, 1000)")
    live = top / "live"
    live.symlink_to(old)
    stage.host.run(["bash", "-c", f"cd {live} && pm2 start worker.js --name=live-{old}"])
    service = Service(top / "unused", f"live-{old}", port=0)
    service.will(port=0)
    (warned,) = preflight(stage, service)
    assert warned.summary == (
        f"pm2 starts live-{old} in {top}/{old}, not through {live}: once that leads to another release, a restart "
        "still runs this one"
    )
    lead(live, new)
    outcome = stage.restart(service)
    left = f"live-{old} works in {top}/{old}, but {live} leads to {new}"
    assert (outcome.state == "failed", left in outcome.summary) == (seen, seen), outcome.summary


@pytest.mark.fault("compared with itself")
def test_a_link_to_the_home_of_who_started_a_worker_elsewhere_says_nothing(stage: Pm2Stage) -> None:
    top = stage.host.folder / "services" / "homes"
    for folder in ("shop", "deploy"):
        (top / folder).mkdir(parents=True)
    (top / "shop" / "worker.js").write_text("setInterval(() => {}, 1000)")
    (top / "home").symlink_to("deploy")
    stage.host.run(["bash", "-c", f"cd {top}/home && pm2 start ../shop/worker.js --cwd {top}/shop --name=homes"])
    service = Service(top / "unused", "homes", port=0)
    service.will(port=0)
    assert [result.level for result in preflight(stage, service)] == ["ok"]
    assert stage.restart(service).state == "done"


@pytest.mark.fault("found too late, known before")
def test_a_service_that_pm2_restarts_by_itself_is_named_before_the_start(stage: Pm2Stage) -> None:
    nightly = stage.start("nightly", worker=True, words=("--cron-restart=0 3 * * *",))
    (found,) = preflight(stage, nightly)
    by_itself = "pm2 restarts nightly by itself (cron_restart = 0 3 * * *), which a check then takes for a crash"
    assert (found.level, found.summary) == ("warn", by_itself)
    folder = stage.host.folder / "services" / "watched"
    folder.mkdir()
    (folder / "worker.js").write_text("setInterval(() => {}, 1000)")
    stage.host.run(["bash", "-c", f"cd {folder} && pm2 start worker.js --name=watched --watch"])
    watched = Service(folder / "unused", "watched", port=0)
    watched.will(port=0)
    (found,) = preflight(stage, watched)
    assert (found.level, "restarts watched as soon as files change (watch)" in found.summary) == ("warn", True)


@pytest.mark.fault("found too late, known before")
@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("uvicorn shop:app --reload", "uvicorn --reload"),  # pm2 lets a shell start such a line
        ("gunicorn shop:app", ""),
    ],
)
def test_a_program_below_pm2_that_reloads_changed_files_is_named(stage: Pm2Stage, words: str, option: str) -> None:
    program, *others = words.split()
    folder = stage.host.folder / "services" / f"reloads-{program}"
    folder.mkdir()
    (folder / program).write_text("sleep infinity & wait\n")
    stage.host.run(["bash", "-c", f"cd {folder} && pm2 start 'bash ./{program} {' '.join(others)}' --name={program}"])
    service = Service(folder / "unused", program, port=0)
    service.will(port=0)
    found = [one.summary for one in preflight(stage, service)]
    named = f"{program} starts anew as soon as files change ({option})"
    assert [named in one for one in found] == [True] if option else [one for one in found if "anew" in one] == []


@pytest.mark.fault("found too late, known before")
def test_a_service_that_node_itself_restarts_is_named(stage: Pm2Stage) -> None:
    folder = stage.host.folder / "services" / "by-node"
    folder.mkdir()
    (folder / "worker.js").write_text("setInterval(() => {}, 1000)")
    start = "pm2 start worker.js --name=by-node --node-args=--watch-path=./src"
    (folder / "src").mkdir()
    stage.host.run(["bash", "-c", f"cd {folder} && {start}"])
    service = Service(folder / "unused", "by-node", port=0)
    service.will(port=0)
    (found,) = preflight(stage, service)
    assert "restarts by-node as soon as files change (watch)" in found.summary
