"""DashScope's own Python SDK, pointed to a world for a while: by environment, and by its module's attributes.

The first generation of the SDK reads the environment when it is imported and keeps what it read in the attributes of
`dashscope`; the second reads the environment at each use, unless `dashscope.settings` was told something.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What would send a client elsewhere, or name a workspace that the world does not have.
ASTRAY = ("DASHSCOPE_API_REGION", "DASHSCOPE_REGION", "DASHSCOPE_WORKSPACE", "DASHSCOPE_WORKSPACE_ID")
_ATTRIBUTES = {"base_http_api_url": "DASHSCOPE_HTTP_BASE_URL", "api_key": "DASHSCOPE_API_KEY"}
_SETTINGS = {"base_url": "DASHSCOPE_HTTP_BASE_URL", "api_key": "DASHSCOPE_API_KEY"}


@contextmanager
def pointed(environment: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables and, where it is imported, the SDK; set both back at the end.

    An SDK that is imported in between has read the variables: it is set to what it would have read without them.
    """
    with ExitStack() as stack:
        stack.callback(_restored, {name: os.environ.get(name) for name in (*environment, *ASTRAY)}, _sdk_state())
        for name in ASTRAY:
            os.environ.pop(name, None)
        os.environ.update(environment)
        sdk: Any = sys.modules.get("dashscope")
        if sdk is not None:
            for attribute, name in _ATTRIBUTES.items():
                setattr(sdk, attribute, environment[name])
            for attribute, name in _explicit(sdk).items():
                setattr(sdk.settings, attribute, environment[name])
        yield


def _sdk_state() -> dict[str, Any] | None:
    """Return what the SDK's attributes and settings are; None while it is not imported."""
    sdk: Any = sys.modules.get("dashscope")
    if sdk is None:
        return None
    told = {f"settings.{name}": getattr(sdk.settings, name) for name in _explicit(sdk)}
    return {**{name: getattr(sdk, name) for name in _ATTRIBUTES}, **told}


def _explicit(sdk: Any) -> dict[str, str]:
    """Return those of the second generation's settings that a program has set, and the variable of each."""
    settings = getattr(sdk, "settings", None)
    told = getattr(settings, "get_explicit", lambda _: None)
    return {name: variable for name, variable in _SETTINGS.items() if told(name) is not None}


def _restored(environment: Mapping[str, str | None], state: Mapping[str, Any] | None) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    sdk: Any = sys.modules.get("dashscope")
    if sdk is None:
        return
    for name, value in (_as_imported_now() if state is None else state).items():
        where, _, attribute = name.rpartition(".")
        setattr(sdk.settings if where else sdk, attribute, value)


def _as_imported_now() -> dict[str, Any]:
    """Return what the SDK would read from the environment if it were imported now."""
    spec = importlib.util.find_spec("dashscope.common.env")
    if spec is None or spec.loader is None:
        return {}
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: getattr(module, name) for name in _ATTRIBUTES}
