"""What kit and adapter say to each other: one JSON object a line, UTF-8, on an adapter's stdin and stdout."""

from .messages import (
    CAPABILITIES,
    PROTOCOL,
    Bye,
    Cancel,
    FromAdapter,
    FromKit,
    KitHello,
    ProtocolError,
    Run,
    Said,
    Told,
    Wake,
    understood,
    written,
)

__all__ = [
    "CAPABILITIES",
    "PROTOCOL",
    "Bye",
    "Cancel",
    "FromAdapter",
    "FromKit",
    "KitHello",
    "ProtocolError",
    "Run",
    "Said",
    "Told",
    "Wake",
    "understood",
    "written",
]
