"""What is fetched, from where, and what is said when it cannot be."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from hobbyhorse.core.faults import Fault
from hobbyhorse.media import fetch
from hobbyhorse.media.fetch import Fetcher, Reach

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio

PAYLOAD = b"\x89PNG" * 1000


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(head).encode() + body


@asynccontextmanager
async def site(pages: dict[str, bytes], host: str = "127.0.0.1") -> AsyncIterator[tuple[str, list[str]]]:
    """Serve literal answers; yield the base URL and the request lines that came."""
    asked: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readuntil(b"\r\n")).decode()
        asked.append(line.strip())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(pages.get(line.split()[1], reply("404 Not Found")))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, host, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://{host}:{port}", asked


async def test_a_loopback_url_is_fetched() -> None:
    async with site({"/a.png": reply("200 OK", PAYLOAD)}) as (base, _):
        found = await Fetcher(Reach.LOOPBACK).fetch(f"{base}/a.png", 1)

    assert found == PAYLOAD


async def test_a_name_for_this_machine_is_fetched_too() -> None:
    async with site({"/a.png": reply("200 OK", PAYLOAD)}) as (base, _):
        found = await Fetcher(Reach.LOOPBACK).fetch(f"{base.replace('127.0.0.1', 'localhost')}/a.png", 1)

    assert found == PAYLOAD


async def test_raw_chinese_letters_and_spaces_are_escaped_on_the_wire() -> None:
    async with site({}) as (base, asked):
        with pytest.raises(Fault):
            await Fetcher(Reach.LOOPBACK).fetch(f"{base}/图 片.png?q=猫&r=%20", 1)

    assert asked == ["GET /%E5%9B%BE%20%E7%89%87.png?q=%E7%8C%AB&r=%20 HTTP/1.1"]


async def test_nothing_is_asked_where_fetching_is_off() -> None:
    async with site({"/a.png": reply("200 OK", PAYLOAD)}) as (base, asked):
        found = await Fetcher(Reach.NEVER).fetch(f"{base}/a.png", 1)

    assert (found, asked) == (None, [])


@pytest.mark.parametrize(
    "url",
    [
        "http://203.0.113.9/a.png",
        "http://example.com/a.png",
        "https://dashscope.aliyuncs.com/a.png",
        "http://10.0.0.1/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/a.png",
        "http://0.0.0.0/a.png",
        "http://2130706433/a.png",
        "ftp://127.0.0.1/a.png",
    ],
)
async def test_nothing_outside_is_asked_or_looked_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up or a connection made")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", refuse)
    monkeypatch.setattr(fetch, "_get", refuse)

    assert await Fetcher(Reach.LOOPBACK).fetch(url, 1) is None


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3",
        "192.168.0.1",
        "172.16.9.9",
        "169.254.169.254",
        "100.64.0.1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "224.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "2001:0:a9fe:a9fe::1",
        "::7f00:1",
        "fec0::1",
        "fd00::1",
    ],
)
async def test_a_name_that_leads_to_a_private_address_is_not_connected_to(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, 80))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)

    assert await Fetcher(Reach.ANY).fetch("http://rebound.example/a.png", 1) is None


async def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that changes between check and connect gains nothing: it is looked up once."""
    async with site({"/a.png": reply("200 OK", PAYLOAD)}) as (base, _):
        port = int(base.rsplit(":", 1)[1])
        lookups = []

        async def lookup(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
            lookups.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
        found = await Fetcher(Reach.ANY).fetch(f"http://rebound.example:{port}/a.png", 1)

    assert (found, lookups) == (PAYLOAD, ["rebound.example"])


async def test_redirects_are_followed_and_each_hop_is_checked() -> None:
    async with site({"/a.png": reply("200 OK", PAYLOAD)}) as (there, _):
        pages = {
            "/near": reply("302 Found", b"", f"Location: {there}/a.png"),
            "/far": reply("302 Found", b"", "Location: http://169.254.169.254/secret"),
            "/round": reply("302 Found", b"", "Location: /round"),
        }
        async with site(pages) as (base, _):
            fetcher = Fetcher(Reach.LOOPBACK)
            near, far = await fetcher.fetch(f"{base}/near", 1), await fetcher.fetch(f"{base}/far", 1)
            with pytest.raises(Fault, match="redirected more than"):
                await fetcher.fetch(f"{base}/round", 1)

    assert (near, far) == (PAYLOAD, None)


async def test_a_missing_file_a_closed_port_and_garbage_are_the_callers_faults() -> None:
    async with site({"/garbage": b"no http at all\r\n\r\n"}) as (base, _):
        with pytest.raises(Fault, match=r"^download-failed"):
            await Fetcher(Reach.LOOPBACK).fetch(f"{base}/absent.png", 1)
        with pytest.raises(Fault, match=r"^download-failed"):
            await Fetcher(Reach.LOOPBACK).fetch(f"{base}/garbage", 1)
    with pytest.raises(Fault, match=r"^url-refused"):
        await Fetcher(Reach.LOOPBACK).fetch(f"{base}/gone.png", 1)


async def test_no_more_is_read_than_is_allowed() -> None:
    async with site({"/big": reply("200 OK", b"x" * (1 << 20) + b"y")}) as (base, _):
        with pytest.raises(Fault, match=r"^file-size"):
            await Fetcher(Reach.LOOPBACK).fetch(f"{base}/big", 1)
        assert len(await Fetcher(Reach.LOOPBACK).fetch(f"{base}/big", 2) or b"") == (1 << 20) + 1
