"""The JSON Schemas of every message and document, as files in this package; `python -m` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..history import history_schema
from ..scenario import scenario_schema
from . import messages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

FOLDER = Path(__file__).parent / "schemas" / f"v{messages.PROTOCOL}"
_MESSAGES: Mapping[str, type[BaseModel]] = {
    "from-kit.hello": messages.KitHello,
    "from-kit.call": messages.Run,
    "from-kit.wake": messages.Wake,
    "from-kit.cancel": messages.Cancel,
    "from-kit.bye": messages.Bye,
    "from-adapter.hello": messages.Hello,
    "from-adapter.event": messages.Occurred,
    "from-adapter.sleep": messages.Asleep,
    "from-adapter.answer": messages.Answered,
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas by the names of their files, without `.json`."""
    made = {name: _of(name, model) for name, model in _MESSAGES.items()}
    return {**made, "scenario": scenario_schema(), "history": history_schema()}


def text(schema: Mapping[str, Any]) -> str:
    """Return a schema as its file has it."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Write every schema into a folder, and take away what is none of them any more."""
    folder.mkdir(parents=True, exist_ok=True)
    made = schemas()
    for name, schema in made.items():
        (folder / f"{name}.json").write_text(text(schema), encoding="utf-8")
    for path in folder.glob("*.json"):
        if path.stem not in made:
            path.unlink()


def _of(name: str, model: type[BaseModel]) -> dict[str, Any]:
    made = model.model_json_schema()
    required = sorted({"type", *made.get("required", [])})
    return {
        **made,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{name}, version {messages.PROTOCOL}",
        "required": required,
    }


if __name__ == "__main__":
    write()
