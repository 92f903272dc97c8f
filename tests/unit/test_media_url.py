"""The form of callers' URLs: schemes, `data:` URIs, odd names, and hostile texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.faults import Fault
from hobbyhorse.core.media_url import check_scheme, scheme_of, shown

PICTURE = MediaLimits(schemes=("http", "https", "data", "oss"))
FOOTAGE = MediaLimits(schemes=("http", "https", "oss"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.com/a.png", "http"),
        ("https://example.com", "https"),
        ("HTTPS://EXAMPLE.COM/A.PNG", "https"),
        ("http://127.0.0.1:9000/a.png?x=1#y", "http"),
        ("http://[::1]:9000/a.png", "http"),
        ("https://example.com/城市.png", "https"),
        ("https://例え.jp/a.png", "https"),
        (" https://example.com/a.png\n", "https"),
        ("data:image/png;base64,iVBORw0KGgo=", "data"),
        ("DATA:Image/PNG;BASE64,", "data"),
        ("data:image/svg+xml;base64,AA==", "data"),
        ("oss://dashscope-instant/ab/2026-04-20/a.png", "oss"),
        # The SDKs write uploaded names raw into the URL (clients.md 1.18).
        ("oss://dashscope-instant/ab/my picture.png", "oss"),
        ("oss://dashscope-instant/ab/我的 图片.png", "oss"),
        ("oss:///ab/a.png", "oss"),
    ],
)
def test_a_well_formed_url_has_its_scheme(url: str, expected: str) -> None:
    assert expected == scheme_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "a.png",
        "/tmp/a.png",  # noqa: S108 - a client's text
        "file:///etc/passwd",
        "ftp://example.com/a.png",
        "javascript:alert(1)",
        "http://",
        "http:///a.png",
        "https:example.com",
        "http://exam ple.com/a.png",
        "https://example.com/my picture.png",
        "http://example.com/a\r\nHost: evil.com",
        "http://example.com/\x00",
        "oss://a\nb",
        "http://[::1/a.png",
        "http://℀.com/a.png",
        "oss://",
        "oss:///",
        "data:",
        "data:image/png,AAAA",
        "data:;base64,AAAA",
        "data:image/png;charset=utf-8;base64,AAAA",
        "iVBORw0KGgo=",
    ],
)
def test_what_is_no_such_url_has_none(url: str) -> None:
    assert scheme_of(url) is None


@given(st.text())
def test_any_text_has_a_scheme_or_none(url: str) -> None:
    assert scheme_of(url) in {None, "http", "https", "data", "oss"}


@given(st.sampled_from(["http://", "https://", "oss://", "data:image/png;base64,"]), st.text())
def test_whatever_follows_a_scheme_never_gives_another_one(start: str, rest: str) -> None:
    assert scheme_of(start + rest) in {None, start.partition(":")[0]}


def refused(url: str, limits: MediaLimits, *, resolves_oss: bool = False) -> Fault:
    with pytest.raises(Fault) as found:
        check_scheme(url, "input.media.0.url", limits, resolves_oss=resolves_oss)
    return found.value


def test_a_picture_may_be_a_data_uri_and_footage_may_not() -> None:
    uri = "data:image/png;base64,AAAA"
    assert check_scheme(uri, "input.media.0.url", PICTURE, resolves_oss=False) == "data"
    fault = refused(uri, FOOTAGE)
    assert fault.row == "url-invalid"
    assert "input.media.0.url is 'data:image/png;base64, 4 characters'" in fault.detail
    assert "http, https, oss" in fault.detail


def test_an_oss_url_needs_its_header() -> None:
    url = "oss://dashscope-instant/ab/a.png"
    assert check_scheme(url, "input.img_url", FOOTAGE, resolves_oss=True) == "oss"
    fault = refused(url, FOOTAGE)
    assert fault.row == "url-invalid"
    assert "X-DashScope-OssResourceResolve: enable" in fault.detail


def test_the_header_is_harmless_without_an_oss_url() -> None:
    assert check_scheme("https://example.com/a.png", "input.img_url", PICTURE, resolves_oss=True) == "https"


def test_a_local_path_is_an_invalid_url() -> None:
    assert refused("./cat.png", PICTURE).row == "url-invalid"


def test_a_url_is_shown_short() -> None:
    assert shown("https://example.com/a.png") == "https://example.com/a.png"
    assert shown("h" * 120) == "h" * 120
    assert shown("h" * 121) == "h" * 119 + "…"
    assert shown("data:image/png;base64," + "A" * 5000) == "data:image/png;base64, 5000 characters"


@given(st.text(max_size=500))
def test_what_is_shown_is_never_long(url: str) -> None:
    assert len(shown(url)) <= 120 or shown(url).endswith(" characters")
