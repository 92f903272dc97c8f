"""The result origin as a client should see it: downloads of clips, uploads of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .life import SUCCEEDED
from .tables import (
    BADLY_SIGNED,
    EXPIRED,
    KEY_TAKEN,
    MODELS,
    NO_SUCH_KEY,
    NO_SUCH_MODEL,
    OBJECT_LIFE,
    POLICY_EXPIRED,
    POLICY_LIFE,
    SECOND,
    TWO_PROOFS,
)

if TYPE_CHECKING:
    from .life import Job
    from .mishaps import Expected
    from .tables import Answer
    from .world import World


@dataclass(frozen=True)
class Link:
    """A result URL that was seen. `expires` in ms."""

    text: str
    task: str
    generation: int
    expires: int


@dataclass(frozen=True)
class Policy:
    """A policy for uploads that was seen. `expires` in ms; the folder is bound to the model."""

    fields: tuple[tuple[str, str], ...]
    bucket: str
    folder: str
    model: str
    expires: int


def download(world: World, link: Link, method: str, *, is_authorized: bool) -> Expected:
    """Fetch a clip: `facts["job"]` is the task whose clip should come."""
    expected = world.begin("download", link.task, key="")
    if expected.is_prevented:
        return expected
    answer = _barred(world, link, method, is_authorized=is_authorized)
    job = world.job(link.task)
    if answer is None and job is not None:
        if not world.bind(expected, job, "download"):
            return expected
        answer = _killed(world, job)
    if answer is None:
        expected.facts["job"] = job
        return expected
    expected.status, expected.code, expected.message = answer
    return expected


def _barred(world: World, link: Link, method: str, *, is_authorized: bool) -> Answer | None:
    """Return why a clip cannot be had by a URL, in OSS's order: expired beats badly signed."""
    if is_authorized:
        return TWO_PROOFS
    if world.now >= link.expires:
        return EXPIRED
    if method != "GET":
        return BADLY_SIGNED
    job = world.job(link.task)
    if job is None or link.generation != job.generation or job.truly(world.now) != SUCCEEDED:
        return NO_SUCH_KEY
    return None


def _killed(world: World, job: Job) -> Answer | None:
    """Return the answer of a URL that dies now, or has died since the last poll."""
    killing = [one for one in (*world.mishaps, *job.mishaps) if one.kind == "dead-url"]
    dying = [one for one in killing if one.takes("download", world.now, job.id, "")]
    job.is_dead |= bool(dying)
    return EXPIRED if job.is_dead else None


def grant(world: World, model: str) -> Expected:
    """Ask for a policy."""
    expected = world.begin("uploads")
    if not expected.is_prevented and model not in MODELS:
        expected.status, expected.code, expected.message = NO_SUCH_MODEL
    return expected


def policy(world: World, model: str, data: dict[str, str]) -> Policy:
    """Return the policy that was granted now."""
    fields = {
        "OSSAccessKeyId": data["oss_access_key_id"],
        "policy": data["policy"],
        "Signature": data["signature"],
        "x-oss-object-acl": data["x_oss_object_acl"],
        "x-oss-forbid-overwrite": data["x_oss_forbid_overwrite"],
        "success_action_status": "200",
    }
    return Policy(tuple(fields.items()), data["upload_host"], data["upload_dir"], model, world.now + POLICY_LIFE)


def post(world: World, granted: Policy, name: str) -> Expected:
    """Upload with a policy: `facts["key"]` is the object's."""
    expected = world.begin("upload", key="")
    if expected.is_prevented:
        return expected
    key = f"{granted.folder}/{name}"
    _, expiry = world.objects.get(key, ("", 0))
    answer = POLICY_EXPIRED if world.now >= granted.expires else KEY_TAKEN if world.now < expiry else None
    if answer is not None:
        expected.status, expected.code, expected.message = answer
        return expected
    world.objects[key] = (granted.model, world.now + OBJECT_LIFE)
    expected.facts["key"] = key
    return expected


def expiry(world: World, job: Job) -> int:
    """Return when a task's URL should expire, in s since the epoch: a lifetime after its end, in whole seconds."""
    return (job.ends + world.url_life) // SECOND
