"""Makes the rows of `mishaps.toml` core's kinds. A wrong row fails here, at start, by name."""

from __future__ import annotations

from typing import Any

from ..core.mishaps import API_PLACES, RESULT_PLACES, Kind, Moment, OptionRow, Place

Row = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "choice": (str,),
    "number": (int, float),
    "whole": (int,),
}
_GROUPS = {"api": API_PLACES, "results": RESULT_PLACES}


def kinds(rows: list[Row]) -> dict[str, Kind]:
    """Return the kinds by name. Raises ValueError that names the row that is not well formed."""
    found: dict[str, Kind] = {}
    for row in rows:
        if row["name"] in found:
            raise ValueError(f"two kinds of mishap have one name: {row['name']}")
        try:
            found[row["name"]] = _kind(row)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"mishap {row['name']}: {error}") from error
    return found


def _kind(row: Row) -> Kind:
    named = set().union(*(_GROUPS.get(name) or {Place(name)} for name in row["places"]))
    return Kind(
        name=row["name"],
        says=row["says"],
        moments=tuple(Moment(moment) for moment in row["moments"]),
        places=tuple(place for place in Place if place in named),
        options=tuple(_option(option) for option in row["options"]),
    )


def _option(row: Row) -> OptionRow:
    option = OptionRow(**row | {"choices": tuple(row.get("choices", ()))})
    if option.type not in _TYPES:
        raise ValueError(f"option {option.name} has the unknown type {option.type!r}")
    if option.default is not None and (option.required or not isinstance(option.default, _TYPES[option.type])):
        raise ValueError(f"option {option.name} cannot have the default {option.default!r}")
    if (option.type == "choice") is not bool(option.choices):
        raise ValueError(f"option {option.name}: choices belong to the type choice, and to no other")
    if option.choices and option.default not in (None, *option.choices):
        raise ValueError(f"option {option.name} has the default {option.default!r}, which is none of its choices")
    return option
