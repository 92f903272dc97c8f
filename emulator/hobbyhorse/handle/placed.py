"""Something put into a world that can be taken out again: a scenario or a mishap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from .errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from .client import Client

_GONE = 404


class Placed:
    """A scenario or a mishap in a world; `view` is its document. `with` takes it out at the end."""

    view: Mapping[str, Any]

    def __init__(self, client: Client, path: tuple[str, ...], view: Mapping[str, Any]) -> None:
        self._client = client
        self._path = path
        self.view = view

    @property
    def name(self) -> str:
        """The scenario's name, or the mishap's id: how the journal calls it."""
        return self._path[-1]

    def remove(self) -> None:
        """Take it out. Raises ControlError if it is gone already."""
        self._client.delete(*self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        unless_gone(self.remove)

    def __repr__(self) -> str:
        return f"<{self.name}: {self.view}>"


def unless_gone(remove: Callable[[], None]) -> None:
    """Remove something, or find it removed."""
    try:
        remove()
    except ControlError as error:
        if error.status != _GONE:
            raise
