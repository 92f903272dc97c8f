"""Whose a request is, on whose clock, and where its ids come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hobbyhorse.core import tokens
from hobbyhorse.core.accounts import ApiKey
from hobbyhorse.core.clock import ClockState
from hobbyhorse.service.visit import Visit
from unit.records import HOUR, SUBMITTED, a_world
from unit.services import Services

if TYPE_CHECKING:
    from random import Random

    from hobbyhorse.service.worlds import World

pytestmark = pytest.mark.anyio
MINE = ApiKey("mine", "sk-mine", "cn-beijing", None)
DEFAULT = a_world(open_keys=False, clock=ClockState(SUBMITTED, 0))
OTHER = a_world(
    id="other",
    keys={MINE.key: MINE},
    open_keys=False,
    access_key_id="LTAI5tother",
    secret="other",
    clock=ClockState(SUBMITTED + HOUR, 0, 2.0),
)


async def here(other: World = OTHER, default: World = DEFAULT) -> Services:
    """Return services with two worlds, at the reading 250."""
    services = Services(default)
    await services.worlds.add(other)
    services.reading = 250
    return services


def drawn(random: Random) -> list[int]:
    return [random.getrandbits(64) for _ in range(3)]


async def test_a_key_leads_to_its_world_on_that_worlds_clock() -> None:
    visit = await (await here()).visits.by_key("sk-mine")
    assert ("other", True, SUBMITTED + HOUR + 500) == (visit.world.id, visit.is_known, visit.arrived)
    assert ("sk-mine", MINE) == (visit.api_key, visit.key)


async def test_a_token_is_the_key_it_stands_for() -> None:
    token = tokens.issue(OTHER.secret, "sk-mine", SUBMITTED, 1)
    visit = await (await here()).visits.by_key(token)
    assert ("other", True, token, MINE) == (visit.world.id, visit.is_known, visit.api_key, visit.key)


@pytest.mark.parametrize("key", ["", "sk-nobody", "nonsense", "\ud800", "st-" + "0" * 64])
async def test_a_key_of_nobody_is_in_quarantine_in_the_default_world(key: str) -> None:
    visit = await (await here()).visits.by_key(key)
    assert ("default", False, SUBMITTED + 250) == (visit.world.id, visit.is_known, visit.arrived)
    assert (key, None) == (visit.api_key, visit.key)


async def test_an_access_key_leads_to_its_world_and_one_of_nobody_to_quarantine() -> None:
    visits = (await here()).visits
    found = {name: await visits.by_access_key(name) for name in ("LTAI5tother", "LTAI5tnobody", "")}
    assert [("other", True), ("default", False), ("default", False)] == [
        (visit.world.id, visit.is_known) for visit in found.values()
    ]
    assert [None] * 3 == [visit.key for visit in found.values()]


async def test_a_visit_keeps_the_world_it_found_when_that_changes() -> None:
    services = await here()
    visit = await services.visits.by_key("sk-mine")
    assert await services.worlds.swap(OTHER, a_world(id="other", keys=OTHER.keys, generation=1))
    assert visit.world is OTHER
    assert 1 == (await services.visits.by_key("sk-mine")).world.generation


async def test_notes_of_two_visits_are_not_one() -> None:
    visits = (await here()).visits
    one, other = await visits.by_key("sk-mine"), await visits.by_key("sk-mine")
    one.mishaps.append(None)  # type: ignore[arg-type]
    one.row, one.unknown = "row", ("x",)
    assert ([], None, ()) == (other.mishaps, other.row, other.unknown)


async def test_the_requests_of_a_seeded_world_repeat_by_their_number() -> None:
    async def run(seed: int, requests: int = 3) -> list[list[int]]:
        visits = (await here(a_world(id="other", keys=OTHER.keys, access_key_id="LTAI5tother", seed=seed))).visits
        return [drawn((await visits.by_key("sk-mine")).random) for _ in range(requests)]

    first = await run(7)
    assert first == await run(7)
    assert first[:2] == await run(7, 2)
    assert [] == [drawing for drawing in await run(8) if drawing in first]
    assert 3 == len({tuple(drawing) for drawing in first})


async def test_a_seeded_world_counts_requests_to_both_origins_and_nobody_elses() -> None:
    seeded = a_world(id="other", keys=OTHER.keys, access_key_id="LTAI5tother", seed=7)
    alone, beside = (await here(seeded)).visits, (await here(seeded)).visits
    steps = [alone.by_key("sk-mine"), alone.by_access_key("LTAI5tother"), alone.by_key("sk-mine")]
    expected = [drawn((await step).random) for step in steps]
    found: list[list[int]] = []
    for step in (beside.by_key("sk-mine"), beside.by_access_key("LTAI5tother"), beside.by_key("sk-mine")):
        await beside.by_key("sk-nobody")  # those in quarantine count for the default world
        await beside.by_access_key("LTAI5tnobody")
        found.append(drawn((await step).random))
    assert expected == found


async def test_the_ids_of_a_world_without_seed_are_nobodys_guess() -> None:
    visits = (await here()).visits
    found = [tuple(drawn((await visits.by_key("sk-mine")).random)) for _ in range(20)]
    assert 20 == len(set(found))
    assert 0 == await (await here()).tallies.add("other", "requests", 0)


async def test_a_worlds_time_can_be_asked_for_at_any_time() -> None:
    services = await here()
    assert SUBMITTED + HOUR + 500 == services.visits.now(OTHER)
    services.reading = 1000
    assert SUBMITTED + HOUR + 2000 == services.visits.now(OTHER)


def test_a_visit_has_room_for_its_notes_and_for_nothing_else() -> None:
    with pytest.raises(AttributeError):
        Visit(OTHER, is_known=True, arrived=0, random=None).notes = 1  # type: ignore[arg-type, attr-defined]
