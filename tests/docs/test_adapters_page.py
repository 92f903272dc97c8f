"""The page on adapters: its example runs, its lines are messages, its tables name what there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hobbyhorse_contracts.history import ERROR_KINDS
from hobbyhorse_contracts.protocol import CAPABILITIES, understood
from hobbyhorse_contracts.protocol.messages import Bye, Cancel, KitHello, Run, Wake

if TYPE_CHECKING:
    from pydantic import BaseModel

PAGE = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text("utf-8")
KIT: dict[str, type[BaseModel]] = {"hello": KitHello, "call": Run, "wake": Wake, "cancel": Cancel, "bye": Bye}


def test_the_example_runs_and_says_what_the_page_says() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], check=True, capture_output=True, text=True)

    assert done.stdout.startswith("nothing was sent to http://127.0.0.1:")
    assert done.stdout.endswith(" 15000\n")


def test_every_line_of_the_conversation_is_a_message() -> None:
    (lines,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    said = re.findall(r"^(kit|adapter) +(\{.*?\})$(?=\n\w|\n?\Z)", lines, re.DOTALL | re.MULTILINE)

    assert len(said) == len(re.findall(r"^\w", lines, re.MULTILINE)) == 11
    for who, text in said:
        message = json.loads(text)
        if who == "adapter":
            understood(text.replace('"sha256":"…"', '"sha256":"' + "0" * 64 + '"'))
        else:
            KIT[message["type"]].model_validate(message)


def test_every_capability_and_kind_of_error_is_named() -> None:
    assert [name for name in (*CAPABILITIES, *ERROR_KINDS) if f"`{name}`" not in PAGE] == []
