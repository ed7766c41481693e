"""The programs of a host: what they record in the audit log, and how they come into the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rehearsal.target.audit import read_audit_log
from bot.rehearsal.target.host import Host, TargetError
from bot.rehearsal.target.programs import (
    PM2,
    cached_node_modules,
    install_programs,
    move_into_cache,
    package_folder,
    place_node_modules,
    postgres_programs,
    remove_registry,
)
from tests.bot.rehearsal.target.conftest import CACHE


@pytest.fixture
def installed(tmp_path: Path) -> Host:
    """A host with its programs, on the shared cache."""
    host = Host(tmp_path, CACHE)
    for folder in (host.home, host.bin, host.srv):
        folder.mkdir()
    install_programs(host)
    return host


def test_a_package_that_is_not_installed_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(TargetError, match=r"package no_such_package is not installed; run `pip install gonogo"):
        package_folder("no_such_package")


def test_each_call_of_npm_is_recorded_and_the_real_npm_runs(installed: Host) -> None:
    assert installed.run(["npm", "--version"]).strip().count(".") == 2
    (line,) = read_audit_log(installed.audit_log)
    assert (line["what"], line["words"]) == ("npm", "--version")


def test_only_a_pg_dump_with_a_snapshot_is_recorded_as_a_backup(installed: Host) -> None:
    assert "PostgreSQL" in installed.run(["pg_dump", "--version"])
    assert read_audit_log(installed.audit_log) == []
    with pytest.raises(TargetError):
        installed.run(["pg_dump", "--snapshot=1", "-d", "host=/nowhere"])
    assert [line["what"] for line in read_audit_log(installed.audit_log)] == ["pg_dump"]


def test_a_truncated_dump_leaves_out_the_rows_of_one_table(tmp_path: Path) -> None:
    host = Host(tmp_path, CACHE)
    for folder in (host.home, host.bin):
        folder.mkdir()
    install_programs(host, truncate_dumps=True)
    assert "--exclude-table-data=project_flow_approvers" in (host.bin / "pg_dump").read_text()


def test_a_restart_is_recorded_with_the_commit_that_is_checked_out(installed: Host) -> None:
    repository = installed.srv / "DJ-System"
    repository.mkdir()
    installed.run(["git", "init", "-q"], cwd=repository)
    author = ["-c", "user.name=n", "-c", "user.email=e@e"]
    installed.run(["git", *author, "commit", "-q", "--allow-empty", "-m", "first"], cwd=repository)
    (installed.bin / "pm2").write_text((installed.bin / "pm2").read_text().replace("exec ", "true "))
    installed.run(["pm2", "restart", "api"])
    (line,) = read_audit_log(installed.audit_log)
    assert line["commit"] == installed.run(["git", "rev-parse", "HEAD"], cwd=repository).strip()


def test_without_a_registry_npm_cannot_install_anything(installed: Host) -> None:
    remove_registry(installed)
    with pytest.raises(TargetError, match="failed with exit code"):
        installed.run(["npm", "install", "left-pad"], cwd=installed.home)


def test_cached_packages_are_taken_without_npm(tmp_path: Path) -> None:
    host = Host(tmp_path, CACHE)  # has no node: a call of npm would fail
    assert (cached_node_modules(host, "pm2", PM2) / "pm2" / "bin" / "pm2").exists()


def test_a_failed_download_is_reported_and_leaves_nothing_under_the_cached_name(host: Host) -> None:
    (host.bin / "node").write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    (host.bin / "node").chmod(0o755)
    with pytest.raises(TargetError, match=r"`npm install` in .* failed with exit code 1: no network"):
        cached_node_modules(host, "pm2", PM2)
    with pytest.raises(TargetError, match="`npm ci` in"):
        cached_node_modules(host, "pm2", PM2, lock="{}")


def test_a_cache_that_is_not_there_yet_is_made(host: Host, tmp_path: Path) -> None:
    (host.bin / "node").write_text("#!/bin/sh\nexit 0\n")
    (host.bin / "node").chmod(0o755)
    new = Host(host.folder, tmp_path / "new" / "cache")
    assert cached_node_modules(new, "pm2", PM2).parent.parent == new.cache
    assert len(list(new.cache.iterdir())) == 1


def test_a_cache_that_another_target_filled_first_stays(tmp_path: Path) -> None:
    fresh, cached = tmp_path / "fresh", tmp_path / "cached"
    for folder, text in ((fresh, "late"), (cached, "first")):
        folder.mkdir()
        (folder / "file").write_text(text)
    move_into_cache(fresh, cached)
    assert (cached / "file").read_text() == "first"
    assert not fresh.exists(), "the second download was left in the cache folder"


def test_node_modules_are_hard_links_to_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, cached = tmp_path / "project", tmp_path / "cache" / "node_modules"
    cached.mkdir(parents=True)
    (cached / "index.js").write_text("export {}")
    project.mkdir()
    for name in ("package.json", "package-lock.json"):
        (project / name).write_text("{}")
    monkeypatch.setattr("bot.rehearsal.target.programs.cached_node_modules", lambda *_: cached)
    place_node_modules(Host(tmp_path, tmp_path), "api", project)
    assert (project / "node_modules" / "index.js").samefile(cached / "index.js")


def test_postgres_has_the_programs_that_server_and_backup_need() -> None:
    missing = [
        name for name in ("postgres", "initdb", "pg_ctl", "pg_dump") if not (postgres_programs() / name).exists()
    ]
    assert missing == []
