"""Whether an account may ask for more: requests a second, and its free tier. Asked only where a world has quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.faults import Fault
from ..core.quota import Limited

if TYPE_CHECKING:
    from ..core.catalogue import Catalogue, Evidence, ModelRow
    from .admission import Caller
    from .lanes import LaneService
    from .ledger import LedgerService
    from .ports import Windows


class LimitService:
    """The use cases. All raise Fault for a request that is one too many."""

    def __init__(self, catalogue: Catalogue, windows: Windows, lanes: LaneService, ledger: LedgerService) -> None:
        self._limits = catalogue.limits
        self._windows = windows
        self._lanes = lanes
        self._ledger = ledger

    async def check_create(self, caller: Caller, model: ModelRow) -> None:
        """Check a create: free tier, submissions a second, queue."""
        quotas = caller.world.quotas
        if quotas is None:
            return
        if quotas.free_tier_seconds is not None:
            await self._check_free_tier(caller, model, quotas.free_tier_seconds)
        if model.rate is not None:
            limit = model.rate.submit_rps if quotas.submit_rps is None else quotas.submit_rps
            await self._admit(caller, f"create/{caller.region}/{model.id}", limit, model.rate.evidence)
        await self._lanes.check(caller.world, caller.region, model, caller.now)

    async def check_query(self, caller: Caller, limited: Limited) -> None:
        """Check a get, list or cancel."""
        quotas = caller.world.quotas
        if quotas is not None:
            row = self._limits.rows[limited]
            limit = row.value if quotas.qps is None else quotas.qps
            await self._admit(caller, f"{limited}/{caller.region}", limit, row.evidence)

    async def check_policy(self, caller: Caller, model: ModelRow) -> None:
        """Check a request for an upload policy."""
        quotas = caller.world.quotas
        if quotas is not None:
            row = self._limits.rows[Limited.POLICY]
            limit = row.value if quotas.policy_qps is None else quotas.policy_qps
            await self._admit(caller, f"{Limited.POLICY}/{caller.region}/{model.id}", limit, row.evidence)

    async def _admit(self, caller: Caller, name: str, limit: int, evidence: Evidence) -> None:
        if not await self._windows.admit(caller.world.id, name, caller.now, limit):
            detail = f"{name}: {limit} a second are let in ({evidence.source})"
            raise Fault("throttling-rate-quota.requests-rate-limit-exceeded", detail=detail)

    async def _check_free_tier(self, caller: Caller, model: ModelRow, seconds: float) -> None:
        if not self._limits.has_free_tier(model.family, caller.region):
            return
        used = await self._ledger.used_ms(caller.world.id, model, caller.region, caller.now) / 1000
        if used >= seconds:
            raise Fault("free-tier-exhausted", detail=f"{used:g} of {seconds:g} s of {model.id} are used")
