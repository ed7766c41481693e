"""The service managers by the names that a page gives them."""

from __future__ import annotations

from commands.systems.services.commands import Commands
from commands.systems.services.docker import Docker
from commands.systems.services.manager import Manager
from commands.systems.services.pm2 import Pm2
from commands.systems.services.supervisor import Supervisor
from commands.systems.services.systemd import Systemd

_ALL: tuple[Manager, ...] = (Pm2(), Systemd(), Docker(), Supervisor(), Commands())
MANAGERS = {manager.name: manager for manager in _ALL}
