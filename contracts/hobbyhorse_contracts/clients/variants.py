"""Good clients that differ from the reference and must pass all the same: who tests the kit for false alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .config import Config, Done
from .drivable import CAPABILITIES, AsyncClient, SyncClient
from .reference import Reference

if TYPE_CHECKING:
    from .config import Ask
    from .effects import Steps
    from .problems import ClientError


class Patient(SyncClient):
    """Polls seldom, retries often, pages in hundreds."""

    name = "patient"
    settings = Config(
        poll_interval_s=40,
        first_poll_s=60,
        create_attempts=9,
        download_attempts=9,
        waits_s=7,
        poll_waits_s=20,
        wait_cap_s=120,
        poll_errors=20,
        page_size=100,
    )


class Eager(SyncClient):
    """Polls at once and every five seconds, retries as little as may be."""

    name = "eager"
    settings = Config(
        poll_interval_s=5, first_poll_s=0, create_attempts=4, download_attempts=4, waits_s=1, poll_errors=6, page_size=5
    )


class Whole(SyncClient):
    """Fetches clips whole, never by Range."""

    name = "whole"
    settings = Config(ranges=False)
    capabilities = tuple(word for word in CAPABILITIES if word != "range")


class Inlining(SyncClient):
    """Puts local pictures into the request."""

    name = "inlining"
    settings = Config(inlines=True)
    capabilities = tuple(word for word in CAPABILITIES if word != "upload")


class Resuming(SyncClient):
    """Makes every clip in two: submit, and wait for the id as if after a restart; fetches what it has again."""

    name = "resuming"

    class Resumed(Reference):
        """Generates by way of submit, wait and download."""

        def generate(self, ask: Ask) -> Steps[Done]:
            submitted = yield from self.submit(ask)
            options = {**ask.options, "task_id": submitted.task_id}
            return (yield from self.download(_with(ask, options)))

    reference = Resumed


class Piecemeal(SyncClient):
    """Declares submit, wait and download, and no generate."""

    name = "piecemeal"
    capabilities = tuple(word for word in CAPABILITIES if word != "generate")


class Plain(SyncClient):
    """Retries nothing by design, and says so."""

    name = "plain"
    settings = Config(create_attempts=1, poll_errors=1)

    class Once(Reference):
        """Fetches again only where the URL has expired: that is no retry, the poll gives another."""

        def fetches_again(self, failure: ClientError) -> bool:
            return failure.http_status == 403

    reference = Once
    auto_retry = False
    capabilities = ("generate", "download", "sleep_hook", "i2v", "r2v")


def _with(ask: Ask, options: dict[str, object]) -> Ask:
    return type(ask)(ask.base_url, ask.api_key, ask.id, ask.request, options)


VARIANTS = {
    kind.name: kind for kind in (SyncClient, AsyncClient, Patient, Eager, Whole, Inlining, Resuming, Piecemeal, Plain)
}
