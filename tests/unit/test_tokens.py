"""Temporary tokens: sealed, of one world, with the rights of their key, known after their end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core import tokens
from hobbyhorse.core.accounts import ApiKey
from hobbyhorse.core.clock import ClockState
from hobbyhorse.core.faults import Fault
from hobbyhorse.data import load
from hobbyhorse.service.admission import Admission, Approach
from hobbyhorse.service.tokens import IssuedToken, TokenService
from hobbyhorse.service.visit import Visits
from hobbyhorse.store.memory import MemoryTallies, MemoryWorlds
from unit.records import SUBMITTED, WORLD, a_world

if TYPE_CHECKING:
    from hobbyhorse.service.admission import Caller
    from hobbyhorse.service.worlds import World

pytestmark = pytest.mark.anyio
BEIJING = "sk-facade" + "0" * 24 + "b1"
DECLARED = a_world(open_keys=False)


async def called(world: World, key: str) -> Caller:
    """Admit a call with a key, as the API's door does."""
    visit = await Visits(MemoryWorlds(world), MemoryTallies(), lambda: 0).by_key(key)
    return Admission(load(), "cn-beijing").admit(Approach(key, "127.0.0.1", "", None), visit)


async def refused(world: World, key: str) -> str:
    with pytest.raises(Fault) as caught:
        await called(world, key)
    return caught.value.row


def later(world: World, by: int) -> World:
    return replace(world, clock=ClockState(world.clock.shown + by, 0, 0.0))


async def issued(world: World, key: str = BEIJING, seconds: int = 60) -> IssuedToken:
    return TokenService().issue(await called(world, key), seconds)


def test_a_token_says_what_it_is_to_its_world_only() -> None:
    text = tokens.issue("secret", BEIJING, SUBMITTED, 7)
    assert text.startswith("st-")
    assert BEIJING not in text
    assert tokens.Token(SUBMITTED, tokens.fingerprint(BEIJING)) == tokens.read("secret", text)
    assert None is tokens.read("another", text)


@given(st.integers(0, 66), st.sampled_from("0123456789abcdefg-"))
def test_a_token_with_one_character_changed_is_none(place: int, character: str) -> None:
    text = tokens.issue("secret", BEIJING, SUBMITTED, 7)
    changed = text[:place] + character + text[place + 1 :]
    assert (changed == text) == (tokens.read("secret", changed) is not None)


@given(st.text())
def test_any_text_is_no_token(text: str) -> None:
    assert None is tokens.read("secret", text)


def test_two_tokens_of_one_instant_differ() -> None:
    assert tokens.issue("secret", BEIJING, SUBMITTED, 7) != tokens.issue("secret", BEIJING, SUBMITTED, 8)


@pytest.mark.parametrize("world", [WORLD, DECLARED], ids=["open keys", "declared keys"])
async def test_a_token_has_its_keys_rights_until_it_ends(world: World) -> None:
    token = await issued(world, seconds=60)
    assert SUBMITTED // 1000 + 60 == token.expires_at
    end = token.expires_at * 1000 - SUBMITTED

    caller = await called(later(world, end - 1), token.text)

    assert caller.key is world.keys[BEIJING]
    assert caller.is_temporary
    assert "invalid-api-key" == await refused(later(world, end), token.text)
    assert "invalid-api-key" == await refused(later(world, 10**12), token.text)


async def test_a_token_of_an_undeclared_key_works_where_such_keys_do() -> None:
    token = await issued(WORLD, "sk-anything")
    assert (await called(WORLD, token.text)).key.region is None
    assert "invalid-api-key" == await refused(later(WORLD, 60_000), token.text)
    assert "invalid-api-key" == await refused(DECLARED, token.text)


async def test_a_token_dies_with_its_key() -> None:
    token = await issued(DECLARED)
    without = replace(DECLARED, keys={name: key for name, key in DECLARED.keys.items() if name != BEIJING})
    assert "invalid-api-key" == await refused(without, token.text)


async def test_a_token_issues_no_other() -> None:
    token = await issued(WORLD)
    with pytest.raises(Fault, match="access-denied"):
        await issued(WORLD, token.text)


async def test_a_token_finds_its_own_world_even_beside_one_with_open_keys() -> None:
    key = ApiKey("own", "sk-own", None, None)
    own = a_world(id="own", secret="own", keys={key.key: key}, open_keys=False, access_key_id="LTAI5town")
    worlds = MemoryWorlds(WORLD)
    await worlds.add(own)
    token = await issued(own, key.key)
    assert own is await worlds.by_key(token.text)
    assert None is WORLD.token(token.text)
