"""Where a request was sent: region and workspace, from the host name or a leading path segment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from .hints import did_you_mean

if TYPE_CHECKING:
    from .catalogue import Catalogue

_LONGEST_NAME = 64
_MAAS = re.compile(r"(?P<name>[a-z0-9][a-z0-9_-]{0,63})\.(?P<region>[a-z0-9-]+)\.maas\.aliyuncs\.com")


@dataclass(frozen=True, slots=True)
class Place:
    """A region; the workspace a workspace host names, else None; whether the host belongs to another billing plan.

    `is_named` tells whether the request named the region. `hint` is for a developer whose path nearly names one.
    """

    region: str
    workspace: str | None = None
    other_plan: bool = False
    is_named: bool = True
    hint: str = ""


def place_of(host: str, prefix: str, default: str, catalogue: Catalogue) -> Place:
    """Read the place from a Host header (a port is ignored), else from a path prefix, else take the default.

    In a prefix such as `/ap-southeast-1` the first segment that names a region counts.

    Known hosts (OD-URL): a shared host per region, `{workspace}.{region}.maas.aliyuncs.com`, and
    `trial.{region}.maas.aliyuncs.com`, which takes keys of any workspace.
    """
    name = host.rsplit(":", 1)[0].lower().rstrip(".")
    if name in catalogue.plan_hosts:
        return Place(default, other_plan=True)
    for region in catalogue.regions.values():
        if name == region.shared_host:
            return Place(region.id)
    found = _MAAS.fullmatch(name)
    if found and found["region"] in catalogue.regions:
        if found["name"] == "trial" and catalogue.regions[found["region"]].trial:
            return Place(found["region"])
        return Place(found["region"], workspace=found["name"])
    segments = prefix.strip("/").split("/")
    named = next((name for name in segments if name in catalogue.regions), None)
    if named:
        return Place(named)
    regions = tuple(catalogue.regions)
    hint = next((hint for name in segments if name and (hint := _hint(name[:_LONGEST_NAME], regions))), "")
    return Place(default, is_named=False, hint=hint)


@lru_cache(256)  # a client's prefix is the same in all its requests
def _hint(name: str, regions: tuple[str, ...]) -> str:
    return did_you_mean(name, regions)
