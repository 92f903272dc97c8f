"""Everything in this process's memory. One event loop, so a method without an await is atomic."""

from .attempts import MemoryAttempts
from .limits import MemoryLanes, MemoryLedger, MemoryWindows
from .tallies import MemoryTallies
from .tasks import MemoryTasks
from .worlds import MemoryWorlds

__all__ = [
    "MemoryAttempts",
    "MemoryLanes",
    "MemoryLedger",
    "MemoryTallies",
    "MemoryTasks",
    "MemoryWindows",
    "MemoryWorlds",
]
