"""What a text is in a world: a declared key, an open one, or none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.accounts import ApiKey
from unit.records import a_world

MINE = ApiKey("mine", "sk-sp-odd", "cn-beijing", None)
OPEN = a_world(keys={MINE.key: MINE})
CLOSED = a_world(keys={MINE.key: MINE}, open_keys=False)


def test_a_declared_key_is_itself_whatever_it_looks_like() -> None:
    assert MINE == OPEN.key("sk-sp-odd") == CLOSED.key("sk-sp-odd")


@given(st.text(alphabet="abcdef0123456789-_", min_size=1, max_size=80))
def test_an_undeclared_key_is_bound_to_nothing_and_only_where_keys_are_open(rest: str) -> None:
    expected = None if rest.startswith("sp-") else ApiKey("open", f"sk-{rest}", None, None)
    assert expected == OPEN.key(f"sk-{rest}")
    assert CLOSED.key(f"sk-{rest}") is None


@given(st.text())
def test_any_text_is_a_key_of_its_own_name_or_none(text: str) -> None:
    found = OPEN.key(text)
    assert found is None or (found.key == text and text.startswith(("sk-", "st-")))
