"""A faithful local fake of DashScope's asynchronous video API.

`from hobbyhorse import Emulator` starts one from Python; see docs/python.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .handle import AsyncEmulator, AsyncWorld, ControlError, Emulator, StartError, World

__version__ = "0.1.0"

__all__ = ["AsyncEmulator", "AsyncWorld", "ControlError", "Emulator", "StartError", "World", "__version__"]


def __getattr__(name: str) -> object:
    """Import the handle when it is first asked for: the server and the command do without its HTTP client."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import handle  # noqa: PLC0415 - see above

    return getattr(handle, name)
