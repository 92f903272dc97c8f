"""The emulator from Python: `with Emulator() as emulator:`, worlds, and all that a test can do to one and see of it."""

from .aio import AsyncEmulator, AsyncWorld
from .emulator import Emulator
from .errors import ControlError, StartError
from .views import Key, Ledger, Reading, Task
from .world import World

__all__ = [
    "AsyncEmulator",
    "AsyncWorld",
    "ControlError",
    "Emulator",
    "Key",
    "Ledger",
    "Reading",
    "StartError",
    "Task",
    "World",
]
