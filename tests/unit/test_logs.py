"""The log keeps one line an event, whatever a client sends."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.logs import OneLine, configure

if TYPE_CHECKING:
    from collections.abc import Iterator


def line(message: str, *arguments: object) -> str:
    record = logging.LogRecord("hobbyhorse.x", logging.WARNING, "x.py", 1, message, arguments, None)
    return OneLine("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("a\nb", "WARNING a\\x0ab"),
        ("a\r\nINFO forged", "WARNING a\\x0d\\x0aINFO forged"),
        ("\x1b[31mred", "WARNING \\x1b[31mred"),
        ("a\x00b\x7f", "WARNING a\\x00b\\x7f"),
        ("\x85\x9b", "WARNING \\x85\\x9b"),
        ("\u2028\u2029", "WARNING \\x2028\\x2029"),
        ("城市 🐎 \\n", "WARNING 城市 🐎 \\n"),
    ],
)
def test_control_characters_are_shown_escaped(sent: str, expected: str) -> None:
    assert expected == line("%s", sent)


@given(st.text())
def test_no_message_breaks_its_line(sent: str) -> None:
    assert len(line("%s", sent).splitlines()) == 1
    assert line("%s", sent).isprintable() or not sent.isprintable()


@pytest.fixture
def loggers() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("hobbyhorse")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.mark.usefixtures("loggers")
def test_the_level_is_ours_alone_and_libraries_are_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    logging.getLogger("hobbyhorse.a").info("one\ntwo")
    logging.getLogger("hobbyhorse.a").debug("unsaid")
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("worth saying")
    said = capsys.readouterr().err.splitlines()
    assert [text.split(" ", 1)[1] for text in said] == ["INFO    one\\x0atwo", "WARNING worth saying"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("Bearer sk-facade000000000000000000000000b1 it is", "WARNING Bearer <api-key 5608268> it is"),
        ("st-0123456789abcdef", "WARNING <token 6057192>"),
        (
            "https://h.example/a.mp4?Expires=1&Signature=abc%2Bd&x=1",
            "WARNING https://h.example/a.mp4?Expires=1&Signature=<signature 29ede>&x=1",
        ),
        ("https://user:hunter2@h.example/a.png", "WARNING https://<credentials 27788>@h.example/a.png"),
        ("mask-making and st-art", "WARNING mask-making and st-art"),
    ],
)
def test_what_opens_something_is_not_written_whole(sent: str, expected: str) -> None:
    assert expected == line("%s", sent)


def test_a_traceback_holds_no_secret_either() -> None:
    error = ValueError("not sk-facade000000000000000000000000b1")
    told = (ValueError, error, None)
    record = logging.LogRecord("hobbyhorse.x", logging.ERROR, "x.py", 1, "it broke", (), told)

    assert OneLine("%(message)s").format(record).endswith("ValueError: not <api-key 5608268>")
