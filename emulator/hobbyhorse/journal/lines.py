"""One line is one line: what a client sent cannot break or forge a line that people read."""

from __future__ import annotations

# C0, C1, line and paragraph separators, and the marks that turn the direction of writing.
_HIDDEN = [*range(32), *range(127, 160), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_CONTROLS = {code: f"\\x{code:02x}" for code in _HIDDEN}


def one_line(text: str) -> str:
    """Return a text with its control characters escaped."""
    return text.translate(_CONTROLS)
