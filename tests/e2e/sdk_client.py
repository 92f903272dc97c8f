"""A process that uses the official SDK as its users do: a call a line in, what came of it a line out, both JSON.

Run by `sdk.py`, imported by nothing. The SDK reads its base URL from the environment while it is imported, so each
server needs a process of its own. Nothing in the SDK is replaced.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from functools import reduce
from typing import Any

from dashscope import AsyncClient, Client, VideoSynthesis
from dashscope.aigc.video_synthesis import AioVideoSynthesis
from dashscope.v2.types.common import ResponseBase

ROOTS = {"VideoSynthesis": VideoSynthesis, "AioVideoSynthesis": AioVideoSynthesis}


def _member(root: Any, path: list[str]) -> Any:
    return reduce(getattr, path, root)


async def _asynchronous(path: list[str], arguments: dict[str, Any]) -> object:
    async with AsyncClient() as client:
        return await _member(client, path)(**arguments)


def _called(name: str, arguments: dict[str, Any]) -> object:
    root, *path = name.split(".")
    if root == "AsyncClient":
        return asyncio.run(_asynchronous(path, arguments))
    if root == "Client":
        with Client() as client:
            return _member(client, path)(**arguments)
    answer = _member(ROOTS[root], path)(**arguments)
    return asyncio.run(answer) if inspect.iscoroutine(answer) else answer


def _shown(answer: object) -> object:
    """Return an answer as JSON, with those properties that a user of the second generation reads."""
    if not isinstance(answer, ResponseBase):
        return answer
    properties = {name: getattr(answer, name) for name in ("succeeded", "video_url") if hasattr(answer, name)}
    return {**answer.model_dump(mode="json"), **properties}


def _outcome(line: str) -> object:
    call = json.loads(line)
    try:
        return _shown(_called(call["name"], call["arguments"]))
    except Exception as error:  # noqa: BLE001 - whatever a user would see is what the test wants to see
        seen = {name: getattr(error, name, None) for name in ("code", "status_code", "request_id")}
        return {"raised": type(error).__name__, "text": str(error), **seen}


def main() -> None:
    """Answer until the input ends. What the SDK itself prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(_outcome(line)) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
