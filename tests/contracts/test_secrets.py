"""A key is found and hidden in whatever way it is written."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse_contracts.driving.secrets import Secrets

KEY = "sk-7c1e0f93b2a84d56e8f1a0c97b3d5e24"
SECRETS = Secrets(KEY, "<api-key 7>")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"Bearer {KEY}!", "key"),
        (base64.b64encode(KEY.encode()).decode(), "base64"),
        (base64.b64encode(f"u:{KEY}".encode()).decode(), "base64"),
        (base64.b64encode(f"user:{KEY}:x".encode()).decode(), "base64"),
        (f"…{KEY[10:22]}…", "slice"),
        (KEY[:14], "slice"),
        (KEY[10:21], None),
        ("sk-another-key-of-nobody", None),
        ("", None),
    ],
)
def test_what_of_it_stands_in_a_text(text: str, what: str | None) -> None:
    assert SECRETS.found(text) == what
    assert SECRETS.found(SECRETS.hidden(text)) is None
    assert (SECRETS.hidden(text) == text) is (what is None)


@given(st.text(), st.integers(0, 30), st.integers(1, 40), st.text())
def test_no_slice_is_left_and_nothing_else_is_lost(before: str, start: int, length: int, after: str) -> None:
    piece = KEY[start : start + length]
    hidden = SECRETS.hidden(before + piece + after)

    assert SECRETS.found(hidden) is None
    if len(piece) >= 12:
        assert hidden == f"{before}<api-key 7>{after}"
