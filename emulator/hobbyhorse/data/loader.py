"""Reads the TOML rows beside this file into `core.catalogue` types. Wrong rows fail here, at start, by name."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from ..core.accounts import ApiKey, Condition, Region
from ..core.catalogue import (
    Catalogue,
    Confidence,
    Decisions,
    ErrorRow,
    Evidence,
    FieldRow,
    FieldType,
    Kind,
    MediaForm,
    MediaLimits,
    MediaRole,
    Medium,
    ModelRow,
    OssErrorRow,
    Price,
    SizeTables,
    Timing,
)
from ..core.quota import FreeTier, Limited, LimitRow, Limits, RateLimit
from ..core.tokens import TokenTerms
from ..core.upload_policy import UploadTerms
from .mishaps import kinds

Row = dict[str, Any]
T = TypeVar("T", ErrorRow, OssErrorRow, ModelRow)


@cache
def load() -> Catalogue:
    """Return the whole catalogue, read once per process. Raises ValueError that names a row that is not well formed."""
    errors, regions, keys, decisions = (_read(name) for name in ("errors", "regions", "keys", "decisions"))
    models, uploads = _read("models"), _read("uploads")
    return Catalogue(
        sources=_read("sources")["sources"],
        regions={row["id"]: _region(row) for row in regions["regions"]},
        models=_models(models["models"]),
        errors=_unique([_error(row) for row in errors["errors"]]),
        oss_errors=_unique([_oss_error(row) for row in errors["oss"]]),
        keys={row["key"]: _key(row) for row in keys["keys"]},
        workspaces=tuple(keys["workspaces"]),
        sizes=_sizes(_read("sizes")),
        decisions=Decisions(**decisions["decisions"]),
        timing=Timing(**decisions["timing"], realistic={Kind(k): ms for k, ms in decisions["realistic"].items()}),
        limits=_quotas(_read("limits")),
        uploads=UploadTerms(**uploads["uploads"]),
        tokens=TokenTerms(**uploads["tokens"]),
        mishaps=kinds(_read("mishaps")["kinds"]),
        tolerated={row["field"]: _evidence(row) for row in decisions["tolerated"]},
        plan_hosts=tuple(row["host"] for row in regions["other_plans"]),
        not_official={row["id"]: _evidence(row) for row in models["not_official"]},
    )


def _read(name: str) -> Row:
    with (files(__package__) / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def _evidence(row: Row) -> Evidence:
    try:
        return Evidence(row["source"], Confidence(row["confidence"]))
    except (KeyError, ValueError) as error:
        raise ValueError(f"row {row.get('id') or row.get('name') or row} has no usable source or confidence") from error


def _unique(rows: list[T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for row in rows:
        if row.id in found:
            raise ValueError(f"two rows have one id: {row.id}")
        found[row.id] = row
    return found


def _region(row: Row) -> Region:
    return Region(
        id=row["id"],
        name=row["name"],
        shared_host=row.get("shared_host"),
        result_bucket=row["bucket"],
        trial=row.get("trial", False),
        evidence=_evidence(row),
    )


def _error(row: Row) -> ErrorRow:
    return ErrorRow(
        id=row["id"],
        status=row["status"],
        code=row["code"],
        message=row["message"],
        stage=row["stage"],
        evidence=_evidence(row),
        reached=tuple(row.get("reached", ())),
    )


def _oss_error(row: Row) -> OssErrorRow:
    return OssErrorRow(
        id=row["id"],
        status=row["status"],
        code=row["code"],
        message=row["message"],
        elements=tuple(row["elements"]),
        ec=row.get("ec"),
        evidence=_evidence(row),
        reached=tuple(row.get("reached", ())),
    )


def _key(row: Row) -> ApiKey:
    return ApiKey(
        name=row["name"],
        key=row["key"],
        region=row.get("region"),
        workspace=row.get("workspace"),
        condition=Condition(row.get("condition", "ok")),
        note=row["note"],
    )


def _sizes(rows: Row) -> SizeTables:
    def size(text: str) -> tuple[int, int]:
        width, height = text.split("*")
        return int(width), int(height)

    return SizeTables(
        table={tier: {ratio: size(text) for ratio, text in by.items()} for tier, by in rows["table"].items()},
        area=rows["areas"],
    )


def _models(rows: list[Row]) -> dict[str, ModelRow]:
    media = _read("media")
    limits = {name: _limits(row) for name, row in media["limits"].items()}
    fields = {name: _field(row, limits) for name, row in _read("fields")["fields"].items()}
    forms = {name: _form(name, row, limits) for name, row in media["forms"].items()}
    prices = _read("prices")
    return _unique([_model(row, fields, forms, prices) for row in rows])


def _limits(row: Row) -> MediaLimits:
    given: Row = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return MediaLimits(**given)


def _field(row: Row, limits: dict[str, MediaLimits]) -> FieldRow:
    given = {key: value for key, value in row.items() if key not in {"source", "confidence"}}
    return FieldRow(
        **given
        | {
            "type": FieldType(row["type"]),
            "evidence": _evidence(row),
            "choices": tuple(row.get("choices", ())),
            "also": tuple(row.get("also", ())),
            "medium": Medium(row["medium"]) if "medium" in row else None,
            "limits": limits[row["limits"]] if "limits" in row else None,
        }
    )


def _form(name: str, row: Row, limits: dict[str, MediaLimits]) -> MediaForm:
    return MediaForm(
        name=name,
        required=row["required"],
        roles=tuple(
            MediaRole(
                name=role["name"],
                medium=Medium(role["medium"]),
                minimum=role.get("min", 0),
                maximum=role["max"],
                limits=limits[role["limits"]],
                voice=limits[role["voice"]] if "voice" in role else None,
            )
            for role in row["roles"]
        ),
        evidence=_evidence(row),
        combinations=tuple(frozenset(types) for types in row.get("combinations", ())),
        groups=tuple((frozenset(group["types"]), group["min"], group["max"]) for group in row.get("groups", ())),
        exclusive=tuple((frozenset(one), frozenset(other)) for one, other in row.get("exclusive", ())),
    )


def _model(row: Row, fields: dict[str, FieldRow], forms: dict[str, MediaForm], prices: Row) -> ModelRow:
    try:
        return ModelRow(
            id=row["id"],
            family=row["family"],
            kind=Kind(row["kind"]),
            regions=tuple(row["regions"]),
            paths=tuple(row["paths"]),
            input=tuple(fields[name] for name in row["input"]),
            media=forms[row["media"]] if "media" in row else None,
            parameters=tuple(fields[name] for name in row["parameters"]),
            usage=tuple(row["usage"]),
            fps=row["fps"],
            evidence=_evidence(row),
            prompt_or_media=row.get("prompt_or_media", False),
            video_ratio=row.get("video_ratio", "size"),
            silent=row.get("silent", False),
            note=row.get("note", ""),
            prices=tuple(_price(price) for price in prices["prices"] if row["id"] in price["models"]),
            bills_input=any(row["id"] in billed["models"] for billed in prices["input_is_billed"]),
            rate=RateLimit(row["rate"]["submit_rps"], row["rate"]["running"], _evidence(row["rate"])),
        )
    except KeyError as error:
        raise ValueError(f"model {row.get('id')}: {error} is missing or names no row") from error
    except ValueError as error:
        raise ValueError(f"model {row.get('id')}: {error}") from error


def _price(row: Row) -> Price:
    return Price(
        row["region"], row["currency"], row["per_second"], _evidence(row), row.get("note", ""), row.get("audio")
    )


def _quotas(rows: Row) -> Limits:
    found = [LimitRow(Limited(row["limited"]), row["value"], row["per"], _evidence(row)) for row in rows["limits"]]
    if missing := set(Limited) - {row.limited for row in found}:
        raise ValueError(f"limits.toml has no row for {', '.join(sorted(missing))}")
    return Limits(
        rows={row.limited: row for row in found},
        free_tiers=tuple(
            FreeTier(row["family"], tuple(row["regions"]), row["seconds"], _evidence(row)) for row in rows["free_tiers"]
        ),
    )
