"""Everything in this process's memory. One event loop, so a method without an await is atomic."""

from .tallies import MemoryTallies
from .tasks import MemoryTasks
from .worlds import MemoryWorlds

__all__ = ["MemoryTallies", "MemoryTasks", "MemoryWorlds"]
