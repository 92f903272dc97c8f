"""Listening sockets: free ports, taken ports, and what is said of them."""

from __future__ import annotations

import socket

import pytest

from hobbyhorse.web.sockets import BindError, base_url, listen


def test_port_0_takes_a_free_one_and_a_client_can_connect_at_once() -> None:
    with listen("127.0.0.1", 0, "--port") as bound:
        port = bound.getsockname()[1]
        assert port > 0
        assert f"http://127.0.0.1:{port}" == base_url(bound)
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            pass


def test_the_protocol_is_tcp_so_that_asyncio_turns_nagle_off() -> None:
    with listen("127.0.0.1", 0, "--port") as bound:
        assert (socket.IPPROTO_TCP, socket.SOCK_STREAM) == (bound.proto, bound.type)


def test_a_taken_port_is_told_with_the_option_to_change() -> None:
    with listen("127.0.0.1", 0, "--port") as bound:
        port = bound.getsockname()[1]
        with pytest.raises(BindError) as found:
            listen("127.0.0.1", port, "--result-port")
    expected = (
        f"port {port} on 127.0.0.1 is taken, perhaps by another hobbyhorse; "
        "choose another with --result-port, 0 for a free one"
    )
    assert expected == str(found.value)


def test_an_address_that_is_not_ours_is_told() -> None:
    with pytest.raises(BindError, match=r"^cannot listen on 192\.0\.2\.1 port 0: .+; choose another with --host"):
        listen("192.0.2.1", 0, "--host")  # TEST-NET-1 (RFC 5737) is nobody's


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")])
def test_a_wildcard_address_is_shown_as_loopback(host: str, shown: str) -> None:
    with listen(host, 0, "--port") as bound:
        assert f"http://{shown}:{bound.getsockname()[1]}" == base_url(bound)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "::"])
def test_an_address_of_ipv6_is_shown_in_brackets(host: str) -> None:
    with listen(host, 0, "--port") as bound:
        assert f"http://[::1]:{bound.getsockname()[1]}" == base_url(bound)
