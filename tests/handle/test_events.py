"""Completion events reach a real receiver on this machine, and what became of them is seen from Python."""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from handle.conftest import caller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import Emulator, World

LATE = 20.0


class Receiver:
    """An HTTP server that keeps what is posted to it and answers with `status`."""

    def __init__(self) -> None:
        self.posted: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()
                receiver.posted.put((self.headers["content-type"], json.loads(body)))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Receive."""
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def submitted(world: World) -> str:
    """Return the id of a new task."""
    client = caller(world)
    with client.http:
        return client.submit()


def test_a_finished_task_is_reported_to_the_sink_of_its_world(hobbyhorse: Emulator, receiver: Receiver) -> None:
    with hobbyhorse.world(clock={"frozen": True}, pace="realistic", sink=receiver.url) as world:
        task = submitted(world)
        world.clock.advance(600)
        kind, event = receiver.posted.get(timeout=LATE)

        assert ("application/cloudevents+json; charset=utf-8", task) == (kind, event["data"]["task_id"])
        assert [event] == [one["event"] for one in world.events]


def test_a_sink_that_refuses_is_tried_again_on_the_worlds_clock(hobbyhorse: Emulator, receiver: Receiver) -> None:
    receiver.status = 503
    with hobbyhorse.world(clock={"frozen": True}, pace="realistic", sink=receiver.url) as world:
        task = submitted(world)
        world.tasks.finish(task)
        receiver.posted.get(timeout=LATE)
        receiver.status = 204
        world.clock.advance(15)
        _, again = receiver.posted.get(timeout=LATE)

        assert again["data"]["task_id"] == task
        assert receiver.posted.empty()
