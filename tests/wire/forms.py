"""Multipart forms of the golden conversations, written as they stand: no library orders, escapes or checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

BOUNDARY = "golden"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def content(parts: Iterable[Mapping[str, Any]], quote: Callable[[str], str]) -> bytes:
    """Return a form's body. A part is `{name: text}`, or `{name: {file: its name, content: text}}`.

    `octets` in place of `content` makes so many letters.
    """
    pieces = [_part(name, value, quote) for part in parts for name, value in part.items()]
    return b"".join(pieces) + f"--{BOUNDARY}--\r\n".encode()


def _part(name: str, value: Any, quote: Callable[[str], str]) -> bytes:
    said: Mapping[str, Any] = {"content": value} if isinstance(value, str) else value
    filename = f'; filename="{said["file"]}"' if "file" in said else ""
    text = "A" * said["octets"] if "octets" in said else quote(said["content"])
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n{text}\r\n'.encode()
