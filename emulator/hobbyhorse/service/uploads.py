"""Uploads: a policy for a folder, an object posted with it, its content for those it was uploaded for."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Protocol

from ..core.faults import Fault, OssFault
from ..core.signing import is_signed, mismatch, signature
from ..core.upload_policy import document, is_bound, read, upload_dir
from .admission import sold_model

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from ..core.catalogue import Catalogue
    from ..core.upload_policy import Policy, Upload, UploadTerms
    from .admission import Caller
    from .limits import LimitService
    from .visit import Visit, Visits
    from .worlds import Worlds

_MB = 1 << 20
_LONGEST_KEY = 1023
_SCHEME = "oss://"
_FILENAME = "${filename}"
# The fields that prove who posts, the row for one that is missing, and the row for one that is blank.
_PROOFS = (
    ("policy", "policy-field-absent", "policy-field-absent"),
    ("OSSAccessKeyId", "access-key-field-missing", "access-key-field-missing"),
    ("Signature", "signature-field-missing", "signature-field-blank"),
)


class Incoming(Protocol):
    """An object that is being received."""

    async def write(self, data: bytes) -> None:
        """Take the next bytes."""

    async def keep(self, world: str, key: str, *, now: int, expires_at: int, overwrites: bool) -> Upload | None:
        """Keep the whole; None where there is an object of that name that may not be overwritten."""

    def discard(self) -> None:
        """Leave nothing of what was received and not kept."""


class Objects(Protocol):
    """Where uploaded objects lie: bounded, the oldest dropped first. Keyed by world and object key."""

    def incoming(self) -> Incoming:
        """Begin to receive an object."""

    async def find(self, world: str, key: str) -> Upload | None:
        """Return what is known of an object, also of one that expired; else None."""

    async def read(self, upload: Upload) -> bytes | None:
        """Return an object's content, or None where it had to be dropped."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client needs for one upload. `folder` is where its key must begin, `host` where it posts to."""

    policy: str
    signature: str
    folder: str
    host: str
    access_key_id: str
    terms: UploadTerms


@dataclass(frozen=True, slots=True)
class Permit:
    """A form that was found good: what may be uploaded, whose it is and how it is called."""

    visit: Visit
    key: str
    policy: Policy
    overwrites: bool


class Reception:
    """An upload under way. `finish` keeps it; left without that, nothing of it stays."""

    def __init__(self, permit: Permit, incoming: Incoming, visits: Visits, lifetime: int) -> None:
        self.key = permit.key
        self._permit = permit
        self._incoming = incoming
        self._visits = visits
        self._lifetime = lifetime
        self._size = 0

    def expect(self, size: int) -> None:
        """Raise OssFault where a file of so many bytes is more than the policy allows."""
        most = self._permit.policy.most
        if size > most:
            raise OssFault("entity-too-large", detail=f"{size} bytes or more, {most} at most")

    async def write(self, data: bytes) -> None:
        """Take the next bytes of the file. Raises OssFault once there are more than the policy allows."""
        self._size += len(data)
        self.expect(self._size)
        await self._incoming.write(data)

    async def finish(self) -> Upload:
        """Keep the object. Raises OssFault for one too small, or where another was faster to take its name."""
        permit = self._permit
        if self._size < permit.policy.least:
            raise OssFault("entity-too-small", detail=f"{self._size} bytes, {permit.policy.least} at least")
        world = permit.visit.world
        now = self._visits.now(world)
        upload = await self._incoming.keep(
            world.id, permit.key, now=now, expires_at=now + self._lifetime, overwrites=permit.overwrites
        )
        if upload is None:
            raise OssFault("file-exists", detail=permit.key)
        return upload


class UploadService:
    """The use cases. Stateless: a policy says itself what it grants, a folder to which model it belongs."""

    def __init__(
        self, catalogue: Catalogue, worlds: Worlds, objects: Objects, visits: Visits, limits: LimitService
    ) -> None:
        self._catalogue = catalogue
        self._terms = catalogue.uploads
        self._worlds = worlds
        self._objects = objects
        self._visits = visits
        self._limits = limits
        self._buckets = catalogue.buckets

    async def grant(self, caller: Caller, model_id: str, request_id: str, base: str) -> Grant:
        """Open a fresh folder for one model's inputs. Raises Fault for a model that is not sold here."""
        model = sold_model(self._catalogue, model_id, caller.region)
        await self._limits.check_policy(caller, model)
        world, terms = caller.world, self._terms
        folder = upload_dir(terms, world.secret, model.id, request_id, caller.now)
        policy = document(terms, folder, caller.now + terms.policy_lifetime)
        host = f"{base}/{terms.bucket}"
        return Grant(policy, signature(world.secret, policy), folder, host, world.access_key_id, terms)

    def check_bucket(self, bucket: str) -> None:
        """Raise OssFault for a bucket that is not here."""
        if bucket not in self._buckets:
            raise OssFault("no-such-bucket", BucketName=bucket, detail=f"uploads go to {self._terms.bucket}")

    @asynccontextmanager
    async def receive(
        self, visit: Visit, bucket: str, fields: Mapping[str, str], filename: str
    ) -> AsyncIterator[Reception]:
        """Judge the fields that came before the file, then receive it. `fields` by lower-case name.

        `visit` was found by the access key among them.
        Raises OssFault. Order (assumed): key, proofs, access key, signature, expiry, conditions, overwriting.
        """
        key = _key(fields, filename)
        policy = _proven(visit, fields)
        world, now = visit.world, visit.arrived
        policy.check({**fields, "key": key, "bucket": bucket}, now)
        overwrites = fields.get("x-oss-forbid-overwrite") != "true"
        old = await self._objects.find(world.id, key)
        if old and now < old.expires_at and not overwrites:
            raise OssFault("file-exists", detail=key)
        incoming = self._objects.incoming()
        try:
            permit = Permit(visit, key, policy, overwrites)
            yield Reception(permit, incoming, self._visits, self._terms.object_lifetime)
        finally:
            incoming.discard()

    async def open(self, world: str, key: str, model: str, now: int, max_mb: float = inf) -> bytes | None:
        """Return an object's bytes; None for one unknown, expired, dropped, of another account or for another model.

        `key` may be the whole `oss://` URL. Raises Fault for one over `max_mb` (2**20 bytes), without reading it.
        """
        found = await self._objects.find(world, key.removeprefix(_SCHEME))
        owner = await self._worlds.find(world)
        if found is None or owner is None or now >= found.expires_at or not is_bound(found.key, owner.secret, model):
            return None
        if found.size > max_mb * _MB:
            raise Fault("file-size", limit=f"{max_mb:g}", detail=f"{found.key} has {found.size} bytes")
        return await self._objects.read(found)


def _proven(visit: Visit, fields: Mapping[str, str]) -> Policy:
    """Return a form's policy, if the signature over it is that of the visit's world."""
    if not any(name.lower() in fields for name, _, _ in _PROOFS):
        raise OssFault("unsigned", detail="no OSSAccessKeyId, policy and Signature before the file")
    for name, missing, blank in _PROOFS:
        if not fields.get(name.lower()):
            row = blank if name.lower() in fields else missing
            raise OssFault(row, name=name, detail=f"{name} must stand before the file")
    access_key_id, text, given = (fields[name] for name in ("ossaccesskeyid", "policy", "signature"))
    if not visit.is_known:
        raise OssFault("unknown-access-key", OSSAccessKeyId=access_key_id)
    if not is_signed(visit.world.secret, text, given):
        raise mismatch(access_key_id, given, text, "the policy or its signature was changed")
    return read(text)


def _key(fields: Mapping[str, str], filename: str) -> str:
    """Return the key of the object; `${filename}` in it stands for the name of the file, without its folders."""
    if not fields.get("key"):
        raise OssFault("key-field-missing", name="key", detail="key must stand before the file")
    name = filename.replace("\\", "/").rpartition("/")[2]
    key = fields["key"].replace(_FILENAME, name)
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        raise OssFault("object-name-invalid", detail="the key is not UTF-8") from None
    if key.startswith(("/", "\\")):
        raise OssFault("object-name-invalid", detail="a key must not begin with a slash")
    if length > _LONGEST_KEY:
        raise OssFault("object-name-too-long", detail=f"{length} bytes")
    return key
