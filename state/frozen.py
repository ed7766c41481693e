"""`dataclass` for values that cannot be changed, with classes that are made quickly."""

from __future__ import annotations

import dataclasses
from dataclasses import FrozenInstanceError
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, kw_only: bool = False) -> Callable[[type], type]:
        """The standard library's `dataclass` for `frozen=True`, with these two parameters.

        A bot that starts again, maybe within a rollback, makes more than two hundred such classes before it acts. The
        standard library compiles six methods of each; here that is `__init__` alone, and all share the others.
        """
        if not frozen:
            raise TypeError("a value that may change needs dataclasses.dataclass")
        return lambda cls: _made(cls, kw_only)


class _Frozen:
    """The methods that the classes share."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set a field for the first time, as `__init__` does."""
        values = self.__dict__
        if name in values or name not in self.__settable__:  # type: ignore[attr-defined]
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        values[name] = value

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        compared: Any = self.__compared__  # type: ignore[attr-defined]
        return bool(compared(self) == compared(other))

    def __hash__(self) -> int:
        return hash(self.__compared__(self))  # type: ignore[attr-defined]

    @recursive_repr()
    def __repr__(self) -> str:
        shown = (field.name for field in dataclasses.fields(self) if field.repr)  # type: ignore[arg-type]
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


_SHARED = ("__setattr__", "__delattr__", "__eq__", "__hash__", "__repr__")


def _made(cls: type[Any], kw_only: bool) -> type:
    own = set(vars(cls))
    dataclasses.dataclass(eq=False, repr=False, kw_only=kw_only)(cls)
    fields = dataclasses.fields(cls)
    cls.__settable__ = frozenset(field.name for field in fields)
    compared = [field.name for field in fields if field.compare]
    cls.__compared__ = staticmethod(attrgetter(*compared) if compared else type)
    for name in _SHARED:
        if name not in own:
            setattr(cls, name, vars(_Frozen)[name])
    return cls
