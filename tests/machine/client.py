"""A client of one world: the DashScope API with one of its keys, its result URLs, and the control API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .expected.files import Link, Policy
    from .expected.rules import Order
    from .wire import Answer, Server

_BOUNDARY = "machine"
_CONTROL = "/_hobbyhorse/worlds"


class Client:
    """Speaks to one world, made anew from its document."""

    def __init__(self, server: Server, document: Mapping[str, Any]) -> None:
        self.server = server
        answer = self._control("POST", _CONTROL, document)
        assert answer.status == 201, answer.content
        self.view = answer.json
        self.key = self.view["keys"][0]["key"]
        self._path = f"{_CONTROL}/{self.view['id']}"

    def close(self) -> None:
        """Do away with the world."""
        self.control("DELETE", "")

    def control(self, method: str, path: str, document: Any = None) -> Answer:
        """Ask the control API for something of this world."""
        return self._control(method, f"{self._path}{path}", document)

    def read(self, path: str = "") -> Any:
        """Read a view of this world."""
        answer = self.control("GET", path)
        assert answer.status == 200, answer.content
        return answer.json

    def create(self, order: Order) -> Answer:
        """Submit."""
        headers = {"content-type": "application/json"}
        if order.is_async:
            headers["x-dashscope-async"] = "enable"
        if order.resolves_oss:
            headers["x-dashscope-ossresourceresolve"] = "enable"
        return self.api("POST", order.path(), headers, order.content(), region=order.region)

    def api(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        region: str = "cn-beijing",
    ) -> Answer:
        """Ask the API, with this world's key."""
        lines = {"authorization": f"Bearer {self.key}", **(headers or {})}
        return self.server.send(method, f"/{region}/api/v1/{path}", lines, content)

    def download(self, link: Link, method: str, headers: Mapping[str, str]) -> Answer:
        """Ask the result origin."""
        return self.server.send(method, link.text, headers)

    def upload(self, policy: Policy, name: str, data: bytes) -> Answer:
        """Post a file, as the SDK does."""
        fields = [*policy.fields, ("key", f"{policy.folder}/{name}")]
        parts = [_part(f'name="{field}"', value.encode()) for field, value in fields]
        parts.append(_part(f'name="file"; filename="{name}"\r\nContent-Type: image/png', data))
        content = b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()
        kind = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"}
        return self.server.send("POST", policy.bucket, kind, content)

    def _control(self, method: str, path: str, document: Any) -> Answer:
        content = b"" if document is None else json.dumps(document).encode()
        return self.server.send(method, path, {"content-type": "application/json"}, content)


def _part(disposition: str, value: bytes) -> bytes:
    return f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + value + b"\r\n"
