"""The gateway's door: what is asked of a key, in which order, and what each condition is answered."""

from __future__ import annotations

from typing import Any

import pytest

from hobbyhorse.core.accounts import ApiKey, Condition
from hobbyhorse.core.clock import ClockState
from hobbyhorse.core.faults import Fault
from hobbyhorse.service.admission import Admission, Approach, Caller, check_condition
from hobbyhorse.service.visit import Visits
from hobbyhorse.store.memory import MemoryTallies, MemoryWorlds
from unit.records import CATALOGUE, SUBMITTED, a_world

pytestmark = pytest.mark.anyio
BEIJING = "dashscope.aliyuncs.com"
SINGAPORE = "dashscope-intl.aliyuncs.com"
FIRST, SECOND = "ws-facade00000000001", "ws-facade00000000002"
KEY = "sk-facade000000000000000000000000b1"
SINGAPORE_KEY = "sk-facade00000000000000000000000051"
REVOKED = "sk-facade00000000000000000000000001"


async def admitted(
    api_key: str | None = KEY, host: str = BEIJING, prefix: str = "", workspace: str | None = None, **world: Any
) -> Caller:
    visits = Visits(MemoryWorlds(a_world(**world)), MemoryTallies(), lambda: 250)
    visit = await visits.by_key(api_key or "")
    return Admission(CATALOGUE, "cn-beijing").admit(Approach(api_key, host, prefix, workspace), visit)


async def refused(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(Fault) as found:
        await admitted(*args, **kwargs)
    return found.value.row


async def test_a_caller_has_world_key_region_and_the_worlds_time() -> None:
    caller = await admitted(SINGAPORE_KEY, SINGAPORE, clock=ClockState(SUBMITTED, 0))
    assert ("default", SINGAPORE_KEY, "ap-southeast-1", SUBMITTED + 250) == (
        caller.world.id,
        caller.key.key,
        caller.region,
        caller.now,
    )


@pytest.mark.parametrize("key", [None, ""])
async def test_no_key_is_told_apart_from_a_wrong_one(key: str | None) -> None:
    assert "no-api-key" == await refused(key)


@pytest.mark.parametrize(
    "key", ["x", "sk-", "sk-sp-0123456789", "SK-abc", "st-", "sk-a b", "sk-a\n", "sk-ключ", "sk-" + "a" * 251, "Basic"]
)
async def test_what_does_not_look_like_a_key_is_an_invalid_one(key: str) -> None:
    assert "invalid-api-key" == await refused(key)


@pytest.mark.parametrize("key", ["sk-a", "st-a", "sk-ws-" + "a" * 109, "sk-spa", "sk-" + "a" * 250])
async def test_any_key_that_looks_like_one_works_everywhere_while_keys_are_open(key: str) -> None:
    for host in (BEIJING, SINGAPORE, "localhost:8700", f"{SECOND}.us-east-1.maas.aliyuncs.com"):
        caller = await admitted(key, host)
        assert (key, None, None) == (caller.key.key, caller.key.region, caller.key.workspace)
    assert "invalid-api-key" == await refused(key, open_keys=False)


async def test_declared_keys_work_while_only_declared_ones_do() -> None:
    assert KEY == (await admitted(open_keys=False)).key.key


@pytest.mark.parametrize("key", [key for key in CATALOGUE.keys.values() if key.region], ids=lambda key: key.name)
async def test_a_key_works_in_its_own_region_and_nowhere_else(key: ApiKey) -> None:
    for region in CATALOGUE.regions:
        if region == key.region:
            assert region == (await admitted(key.key, "localhost", f"/{region}")).region
        else:
            assert "invalid-api-key" == await refused(key.key, "localhost", f"/{region}")


async def test_a_revoked_key_is_invalid_everywhere() -> None:
    assert ["invalid-api-key"] * 2 == [await refused(REVOKED, host) for host in (BEIJING, SINGAPORE)]


@pytest.mark.parametrize("host", ["token-plan.cn-beijing.maas.aliyuncs.com", "coding.dashscope.aliyuncs.com"])
async def test_the_hosts_of_other_billing_plans_take_no_key_of_ours(host: str) -> None:
    assert "invalid-api-key" == await refused(KEY, host)
    assert "invalid-api-key" == await refused("sk-open", host)


async def test_a_workspace_host_takes_keys_of_that_workspace() -> None:
    host = "{}.cn-beijing.maas.aliyuncs.com"
    assert KEY == (await admitted(KEY, host.format(FIRST))).key.key
    assert "invalid-api-key" == await refused(KEY, host.format(SECOND))
    assert KEY == (await admitted(KEY, host.format("trial"))).key.key


async def test_the_workspace_header_names_the_keys_workspace_another_or_none() -> None:
    assert KEY == (await admitted(workspace=FIRST)).key.key
    assert "workspace-access-denied" == await refused(workspace=SECOND)
    assert "workspace-not-found" == await refused(workspace="ws-nowhere")


async def test_the_workspaces_of_a_world_are_those_of_its_keys_too() -> None:
    keys = {f"sk-{name}": ApiKey(name, f"sk-{name}", None, f"ws-{name}") for name in "ab"}
    assert "sk-a" == (await admitted("sk-a", workspace="ws-a", keys=keys)).key.key
    assert "workspace-access-denied" == await refused("sk-a", workspace="ws-b", keys=keys)
    assert "workspace-access-denied" == await refused("sk-a", workspace=FIRST, keys=keys)
    assert "workspace-not-found" == await refused("sk-a", workspace="ws-c", keys=keys)
    assert "workspace-not-found" == await refused(workspace="ws-a")


async def test_an_open_key_may_name_any_workspace() -> None:
    assert "sk-open" == (await admitted("sk-open", workspace="ws-nowhere")).key.key


@pytest.mark.parametrize(
    ("approach", "detail"),
    [
        # Each of these is wrong in more than one way; the first rule that is broken is told.
        ({"api_key": None, "host": "coding.dashscope.aliyuncs.com", "workspace": "ws-nowhere"}, "no Authorization"),
        ({"api_key": "nonsense", "host": "coding.dashscope.aliyuncs.com"}, "a key begins with sk- or st-"),
        ({"api_key": REVOKED, "host": "coding.dashscope.aliyuncs.com"}, "another billing plan"),
        ({"api_key": KEY, "host": SINGAPORE, "workspace": "ws-nowhere"}, "bound to cn-beijing"),
        (
            {"api_key": KEY, "host": f"{SECOND}.cn-beijing.maas.aliyuncs.com", "workspace": "ws-nowhere"},
            f"the key is of {FIRST}, the host of {SECOND}",
        ),
        ({"api_key": KEY, "host": f"{SECOND}.us-east-1.maas.aliyuncs.com"}, "bound to cn-beijing"),
    ],
)
async def test_the_checks_come_in_upstreams_order(approach: dict[str, Any], detail: str) -> None:
    with pytest.raises(Fault) as found:
        await admitted(**approach)
    assert detail in found.value.detail


async def test_a_revoked_key_bound_to_another_region_is_told_as_revoked() -> None:
    key = ApiKey("x", "sk-x", "us-east-1", None, Condition.REVOKED)
    with pytest.raises(Fault, match="revoked"):
        await admitted("sk-x", keys={"sk-x": key})


@pytest.mark.parametrize(
    ("condition", "row"),
    [
        ("arrears", "arrearage"),
        ("unpurchased", "unpurchased"),
        ("free_tier_exhausted", "free-tier-exhausted"),
        ("no_model_access", "model-access-denied"),
    ],
)
async def test_a_condition_of_the_account_lets_in_but_forbids_a_create(condition: str, row: str) -> None:
    key = next(key for key in CATALOGUE.keys.values() if key.condition == condition)
    caller = await admitted(key.key)
    with pytest.raises(Fault) as found:
        check_condition(caller.key)
    assert row == found.value.row


async def test_a_key_that_is_well_has_nothing_to_fear() -> None:
    check_condition((await admitted()).key)


@pytest.mark.parametrize("key", ["", "nonsense"])
async def test_requests_of_nobody_are_answered_on_the_default_worlds_clock(key: str) -> None:
    worlds = MemoryWorlds(a_world(clock=ClockState(SUBMITTED, 0)))
    visit = await Visits(worlds, MemoryTallies(), lambda: 40).by_key(key)
    assert ("default", False, SUBMITTED + 40) == (visit.world.id, visit.is_known, visit.arrived)
