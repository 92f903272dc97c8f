"""Where the answer of the real service differs from that of the emulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from .shapes import Shape

Weight = Literal["drift", "soft", "info"]
_ORDER = {"drift": 0, "soft": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. `drift`: a client may notice. `soft`: a text or its form. `info`: more than was expected."""

    probe: str
    weight: Weight
    what: str
    where: str
    expected: Any = None
    found: Any = None


def compare(probe: str, real: Shape, emulated: Shape) -> list[Finding]:
    """Return what differs, what weighs most first. What is expected is what the emulator answers."""
    found = [*_frames(probe, real, emulated), *_fields(probe, real, emulated), *_values(probe, real, emulated)]
    return sorted(found, key=lambda finding: _ORDER[finding.weight])


def _frames(probe: str, real: Shape, emulated: Shape) -> Iterator[Finding]:
    if real.status != emulated.status:
        yield Finding(probe, "drift", "other status", "", emulated.status, real.status)
    if real.kind != emulated.kind:
        yield Finding(probe, "drift", "other body", "", emulated.kind, real.kind)
    for name, value in emulated.headers.items():
        if name not in real.headers:
            yield Finding(probe, "drift", "missing header", name, value)
        elif real.headers[name] != value:
            yield Finding(probe, "drift", "other header", name, value, real.headers[name])
    for name in real.headers.keys() - emulated.headers.keys():
        yield Finding(probe, "info", "extra header", name)


def _fields(probe: str, real: Shape, emulated: Shape) -> Iterator[Finding]:
    for path, kind in emulated.fields.items():
        if path in real.fields:
            if real.fields[path] != kind:
                yield Finding(probe, "drift", "other type", path, kind, real.fields[path])
            elif path in real.maybe - emulated.maybe:
                yield Finding(probe, "drift", "missing field", path, kind, "not in every row")
        elif not _is_unseen(path, real):
            yield Finding(probe, "info" if path in emulated.maybe else "drift", "missing field", path, kind)
    for path in real.empty - emulated.empty:
        yield Finding(probe, "info", "list without rows", path)
    for path in real.fields.keys() - emulated.fields.keys():
        if not _is_unseen(path, emulated):
            yield Finding(probe, "info", "extra field", path, found=real.fields[path])


def _values(probe: str, real: Shape, emulated: Shape) -> Iterator[Finding]:
    kinds: tuple[tuple[Mapping[str, Any], Mapping[str, Any], Weight, str], ...] = (
        (real.exact, emulated.exact, "drift", "other code"),
        (real.texts, emulated.texts, "soft", "other text"),
        (real.forms, emulated.forms, "soft", "other form"),
    )
    for one, other, weight, what in kinds:
        for path in sorted(other):
            # Where the type is another, that is told, and it is all there is to tell.
            if one.get(path) != other[path] and real.fields.get(path) == emulated.fields[path]:
                said = what if path.endswith("code") or weight == "soft" else "other value"
                yield Finding(probe, weight, said, path, other[path], one.get(path))


def _is_unseen(path: str, shape: Shape) -> bool:
    """Return whether a path is of the rows of a list that has none here."""
    return any(path.startswith(f"{empty}[]") for empty in shape.empty)
