"""How the kit reaches a client: a process that speaks JSON lines, or a class in this process."""

from .endings import Aborted, Failed
from .inproc import AsyncEnv, Env, InprocAdapter
from .port import Adapter, AdapterError, Subject
from .stdio import StdioAdapter

__all__ = [
    "Aborted",
    "Adapter",
    "AdapterError",
    "AsyncEnv",
    "Env",
    "Failed",
    "InprocAdapter",
    "StdioAdapter",
    "Subject",
]
