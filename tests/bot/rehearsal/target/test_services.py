"""What pm2 knows of the API; test_target.py tests the services as a whole."""

from __future__ import annotations

import pytest

from bot.rehearsal.target.host import Host
from bot.rehearsal.target.postgres import Postgres
from bot.rehearsal.target.repository import Repository
from bot.rehearsal.target.services import Services


@pytest.mark.parametrize(
    ("listed", "pid"), [("dj-system-api", 7), ("another-app", None)], ids=["the API is listed", "only another app"]
)
def test_the_entry_is_the_apis_and_the_messages_before_the_list_are_ignored(
    host: Host, listed: str, pid: int | None
) -> None:
    entries = f'[{{"name": "first", "pid": 1}}, {{"name": "{listed}", "pid": 7}}]'
    (host.bin / "pm2").write_text(f"#!/bin/sh\necho '[PM2] Spawning PM2 daemon'\necho '{entries}'\n")
    (host.bin / "pm2").chmod(0o755)
    services = Services(host, Repository(host), Postgres(host))
    assert services.pm2_entry().get("pid") == pid
