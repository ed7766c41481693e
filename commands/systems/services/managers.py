"""The service managers by the names that a page gives them."""

from __future__ import annotations

from commands.systems.services.manager import Manager
from commands.systems.services.pm2 import Pm2

_ALL: tuple[Manager, ...] = (Pm2(),)
MANAGERS = {manager.name: manager for manager in _ALL}
