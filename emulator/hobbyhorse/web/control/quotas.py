"""Quotas in documents of worlds: on, off, or each by itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from ...core.quota import Quotas
from ...core.task import Pace

Switch = Literal["auto", "on", "off"]
_PerSecond = Annotated[int | None, Field(ge=1, le=1000)]


class QuotasDocument(BaseModel):
    """What a world's account may do. What is left out, or null, is as the rows of models and limits say."""

    model_config = ConfigDict(extra="forbid", strict=True)

    submit_rps: Annotated[_PerSecond, Field(description="creates a second, of each model and region")] = None
    running: Annotated[int | None, Field(ge=1, le=1000, description="tasks at once, of each model and region")] = None
    queue: Annotated[int | None, Field(ge=0, le=2000, description="tasks that may wait for others to end")] = None
    qps: Annotated[_PerSecond, Field(description="gets, lists and cancels a second, each")] = None
    policy_qps: Annotated[_PerSecond, Field(description="upload policies a second, of each model")] = None
    free_tier_seconds: Annotated[
        float | None,
        Field(ge=0, le=1e6, description="the account has only its free tier: so many seconds a model; null: it pays"),
    ] = None


def _form(given: object) -> str:
    return "switch" if isinstance(given, str) else "numbers"


# Told apart before they are judged, so that an error speaks of the one that was meant.
Given = Annotated[
    Annotated[Switch, Tag("switch")] | Annotated[QuotasDocument, Tag("numbers")],
    Discriminator(_form),
    Field(description="whether and what is limited; auto: with the pace realistic"),
]


def quotas_of(document: QuotasDocument | Switch, pace: Pace) -> Quotas | None:
    """Return the quotas that a document asks for. `auto` is on where tasks take as long as upstream's."""
    if isinstance(document, QuotasDocument):
        return Quotas(**document.model_dump())
    is_on = document == "on" or (document == "auto" and pace is Pace.REALISTIC)
    return Quotas() if is_on else None


def quotas_view(quotas: Quotas | None) -> QuotasDocument | None:
    """Return quotas as a document; None where nothing is limited."""
    return None if quotas is None else QuotasDocument(**asdict(quotas))
