"""The rows as tables: for the terminal and, through the same functions, for the documentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .core.mishaps import API_PLACES, RESULT_PLACES, Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .core.catalogue import Catalogue, FieldRow, MediaLimits, MediaRole, ModelRow
    from .core.mishaps import Kind, OptionRow

Table = tuple[tuple[str, ...], Sequence[tuple[str, ...]]]


_GAP = 2
_NARROWEST = 10


def widths(table: Table, room: int) -> list[int]:
    """Return a width for each column so that the table fits `room` characters: the widest ones give way first."""
    headers, rows = table
    found = [max(len(row[column]) for row in [headers, *rows]) for column in range(len(headers))]
    while sum(found) + _GAP * (len(found) - 1) > room and max(found) > _NARROWEST:
        found[found.index(max(found))] -= 1
    return found


def sources_of(model: ModelRow) -> str:
    """Return the sources of everything a model's tables show."""
    evidence = [model.evidence, *(row.evidence for row in model.input), *(row.evidence for row in model.parameters)]
    evidence += [price.evidence for price in model.prices]
    return " ".join(one.source for one in [*evidence, *([model.media.evidence] if model.media else [])])


def models(catalogue: Catalogue) -> Table:
    """Return one row a model."""
    rows = [
        (
            row.id,
            row.kind.value,
            ", ".join(row.regions),
            f"{row.fps}",
            f"{row.rate.submit_rps} / {row.rate.running}" if row.rate else "unknown",
            _prices(row),
            row.evidence.confidence.value,
        )
        for row in catalogue.models.values()
    ]
    return (
        "model",
        "kind",
        "regions",
        "fps",
        "RPS / running",
        "price of a second",
        "confidence",
    ), rows


def _prices(model: ModelRow) -> str:
    """Return the first region's prices; the others are in the model's own table."""
    if not model.prices:
        return "unknown"
    price = model.prices[0]
    tiers = ", ".join(f"{tier} {value}" for tier, value in price.per_second.items())
    return f"{price.currency} {tiers} ({price.region})"


def fields(model: ModelRow) -> Table:
    """Return one row a field of a model's `input` and `parameters`."""
    parts = [("input", row) for row in model.input] + [("parameters", row) for row in model.parameters]
    rows = [
        (
            f"{part}.{row.name}",
            row.type.value,
            "required" if row.required else _shown(row.default),
            _allowed(row),
            row.evidence.source,
            row.evidence.confidence.value,
        )
        for part, row in parts
    ]
    roles = model.media.roles if model.media else ()
    rows += [
        (f"input.media[{role.name}]", role.medium.value, _count(role), _limits(role.limits), *_media(model))
        for role in roles
    ]
    return ("field", "type", "default or count", "allowed", "source", "confidence"), rows


def _media(model: ModelRow) -> tuple[str, str]:
    if model.media is None:
        return "", ""
    return model.media.evidence.source, model.media.evidence.confidence.value


def _shown(value: object) -> str:
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _count(role: MediaRole) -> str:
    return f"{role.minimum}" if role.minimum == role.maximum else f"{role.minimum} to {role.maximum}"


def _allowed(row: FieldRow) -> str:
    says = []
    if row.choices:
        says.append(", ".join(str(choice) for choice in row.choices))
    if row.minimum is not None or row.maximum is not None:
        says.append(f"{row.minimum} to {row.maximum}")
    says += [f"or {value}" for value in row.also]
    if row.most_with_video is not None:
        says.append(f"at most {row.most_with_video} with a video")
    if row.limit is not None:
        weight = f", a Chinese character counts {row.chinese}" if row.chinese > 1 else ""
        says.append(f"cut after {row.limit} characters{weight}")
    if row.most is not None:
        says.append(f"at most {row.most} URLs")
    if row.limits:
        says.append(_limits(row.limits))
    if row.text:
        says.append(f"shows {row.text!r}")
    if row.note:
        says.append(row.note)
    return "; ".join(says) or "-"


def _limits(limits: MediaLimits) -> str:
    says = ["/".join(limits.schemes)]
    if limits.formats:
        says.append("/".join(limits.formats))
    for name, unit in (("max_mb", " MB at most"), ("min_side", " px a side at least"), ("max_side", " px at most")):
        value = getattr(limits, name)
        if value is not None:
            says.append(f"{value:g}{unit}")
    if limits.min_short_side is not None:
        says.append(f"short side {limits.min_short_side} px at least")
    if not limits.alpha:
        says.append("no alpha channel")
    for name, unit in (("aspect", " wide to high"), ("duration_s", " s"), ("fps", " fps")):
        span = getattr(limits, name)
        if span is not None:
            says.append(f"{span[0]:g} to {span[1]:g}{unit}")
    return ", ".join(says)


def prices(model: ModelRow) -> Table:
    """Return a model's prices by region. A tier that is not there is unknown."""
    tiers = ("480P", "720P", "1080P")
    rows = []
    for region in model.regions:
        found = [price for price in model.prices if price.region == region]
        if not found:
            rows.append((region, "", *("unknown" for _ in tiers), "", ""))
        for price in found:
            values = (str(price.per_second[tier]) if tier in price.per_second else "unknown" for tier in tiers)
            rows.append((region, price.currency, *values, price.note, price.evidence.source))
    return ("region", "currency", *tiers, "note", "source"), rows


def errors(catalogue: Catalogue, codes: Iterable[str] | None = None) -> Table:
    """Return one row an error, all or those of some codes."""
    wanted = None if codes is None else set(codes)
    rows = [
        (
            str(row.status),
            row.code,
            row.message.replace("\n", "\\n"),
            ", ".join(row.reached),
            row.evidence.source,
            row.evidence.confidence.value,
        )
        for row in catalogue.errors.values()
        if wanted is None or row.code in wanted
    ]
    return ("HTTP", "code", "message", "reached at", "source", "confidence"), rows


def oss_errors(catalogue: Catalogue) -> Table:
    """Return one row an error of the result origin."""
    rows = [
        (
            str(row.status),
            row.code,
            row.message,
            row.ec or "-",
            ", ".join(row.reached),
            row.evidence.source,
            row.evidence.confidence.value,
        )
        for row in catalogue.oss_errors.values()
    ]
    return ("HTTP", "code", "message", "EC", "reached at", "source", "confidence"), rows


def keys(catalogue: Catalogue) -> Table:
    """Return one row a ready-made key."""
    rows = [(key.name, key.key, key.region or "any", key.note) for key in catalogue.keys.values()]
    return ("name", "key", "region", "what it does"), rows


def mishaps(kinds: Iterable[Kind]) -> Table:
    """Return one row a kind of mishap."""
    rows = [(kind.name, kind.says, " or ".join(kind.moments), _at(kind), _options(kind)) for kind in kinds]
    return ("mishap", "what happens", "request's effect", "at", "options"), rows


def _at(kind: Kind) -> str:
    for name, places in (("everywhere", set(Place)), ("the API", API_PLACES), ("results", RESULT_PLACES)):
        if set(kind.places) == places:
            return name
    return ", ".join(kind.places)


def _options(kind: Kind) -> str:
    return ", ".join(f"{row.name}*" if row.required else row.name for row in kind.options) or "-"


def mishap_options(kind: Kind) -> Table:
    """Return one row an option of a kind."""
    rows = [
        (row.name, row.type, "required" if row.required else _shown(row.default), _between(row), row.says)
        for row in kind.options
    ]
    return ("option", "type", "default", "allowed", "what it says"), rows


def _between(row: OptionRow) -> str:
    if row.choices:
        return ", ".join(row.choices)
    return "-" if row.least is None or row.most is None else f"{row.least:.15g} to {row.most:.15g}"
