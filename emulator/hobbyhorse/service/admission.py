"""Who calls, from where, and whether the gateway lets them in: key, region, workspace, in upstream's order."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.accounts import ApiKey, Condition
from ..core.faults import Fault
from ..core.hints import did_you_mean
from ..core.places import place_of

if TYPE_CHECKING:
    from ..core.catalogue import Catalogue, ModelRow
    from ..core.places import Place
    from .visit import Visit
    from .worlds import World

log = logging.getLogger(__name__)

# The account states that the gateway looks at before it takes a task.
_CONDITION_ROWS = {
    Condition.ARREARS: "arrearage",
    Condition.UNPURCHASED: "unpurchased",
    Condition.FREE_TIER_EXHAUSTED: "free-tier-exhausted",
    Condition.NO_MODEL_ACCESS: "model-access-denied",
}


@dataclass(frozen=True, slots=True)
class Approach:
    """What a request says of its sender. `prefix` is the path before `/api/v1`."""

    api_key: str | None
    host: str
    prefix: str
    workspace: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    """An admitted sender: its key and region, and its visit to a world.

    A sender `is_temporary` that came with a token; `key` is then the token's parent. `visit` takes notes.
    """

    visit: Visit
    key: ApiKey
    region: str
    is_temporary: bool = False

    @property
    def world(self) -> World:
        """Return the world it came to."""
        return self.visit.world

    @property
    def now(self) -> int:
        """Return the instant at which it came (ms, the world's clock)."""
        return self.visit.arrived


class Admission:
    """The gateway's door."""

    def __init__(self, catalogue: Catalogue, default_region: str) -> None:
        self._catalogue = catalogue
        self._default_region = default_region

    def admit(self, approach: Approach, visit: Visit) -> Caller:
        """Let a request in. Raises Fault: no key, a key that is not one here, a workspace that is not the key's."""
        if not approach.api_key:
            raise Fault("no-api-key", detail="no Authorization: Bearer <key>")
        key = visit.key
        if key is None:
            raise Fault(
                "invalid-api-key", detail="a key begins with sk- or st-; docs/keys.md lists the ready-made ones"
            )
        now, token = visit.arrived, visit.world.token(approach.api_key)
        if token and now >= token.expires_at:
            raise Fault("invalid-api-key", detail=f"the token expired {(now - token.expires_at) / 1000:.0f} s ago")
        place = place_of(approach.host, approach.prefix, self._default_region, self._catalogue)
        if place.hint:
            log.warning("the path prefix %s names no region%s: %s it is", approach.prefix, place.hint, place.region)
        if place.other_plan:
            raise Fault("invalid-api-key", detail=f"{approach.host} belongs to another billing plan")
        if key.condition is Condition.REVOKED:
            raise Fault("invalid-api-key", detail="the key is revoked")
        if key.region is not None and key.region != place.region:
            raise Fault("invalid-api-key", detail=_elsewhere(key.region, place))
        if place.workspace and key.workspace is not None and key.workspace != place.workspace:
            raise Fault("invalid-api-key", detail=f"the key is of {key.workspace}, the host of {place.workspace}")
        self._check_workspace_header(approach.workspace, key, visit.world)
        return Caller(visit, key, place.region, is_temporary=token is not None)

    def _check_workspace_header(self, named: str | None, key: ApiKey, world: World) -> None:
        # A key that was never declared is bound to no workspace, so its header names whatever it likes.
        if named is None or key.workspace is None:
            return
        own = [other.workspace for other in world.keys.values() if other.workspace is not None]
        known = dict.fromkeys([*self._catalogue.workspaces, *own])
        if named not in known:
            said = ", ".join(known)
            raise Fault("workspace-not-found", detail=f"X-DashScope-WorkSpace is {named!r}; known: {said}")
        if named != key.workspace:
            raise Fault("workspace-access-denied", detail=f"the key is of {key.workspace}, the header names {named}")


def sold_model(catalogue: Catalogue, model_id: str, region: str) -> ModelRow:
    """Return a model's row. Raises Fault for one that is unknown or not sold in a region."""
    model = catalogue.models.get(model_id)
    if model is None:
        hint = did_you_mean(model_id, catalogue.models)
        raise Fault("model-not-exist", detail=f"{model_id[:100]!r} is no known model{hint}")
    if region not in model.regions:
        raise Fault("model-not-exist", detail=f"{model.id} is not sold in {region}, only in {', '.join(model.regions)}")
    return model


def _elsewhere(bound: str, place: Place) -> str:
    if place.is_named:
        return f"host or path name {place.region}, the key is bound to {bound}: send it to /{bound}/api/v1"
    way = f"send it to /{bound}/api/v1, or start the server with --region {bound}"
    return f"the key is bound to {bound}, the server's own region is {place.region}: {way}"


def check_condition(key: ApiKey) -> None:
    """Hold a key against its account's state. Raises Fault; asked at create only, polls go on."""
    row = _CONDITION_ROWS.get(key.condition)
    if row:
        raise Fault(row, detail=f"the key's condition is {key.condition}")
