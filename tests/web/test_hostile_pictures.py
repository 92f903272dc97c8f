"""Pictures in the body that are none, or are meant to cost: each gives its row, and the server lives on."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

from web.defects import late
from web.models import MODELS
from web.requests import data_uri, picture, plain_request

if TYPE_CHECKING:
    from web.api import Api

UNDECODABLE = late("Failed to decode the image during the data inspection.")
WRONG_FORMAT = late("The media format is not supported or incorrect for the data inspection.")
BEYOND = (400, "InvalidFile.ImageSize", "The size of image is beyond limit.")
BAD_URL = (400, "InvalidURL", "Required URL is missing or invalid, please check the request URL.")


def bomb(side: int) -> bytes:
    """Return a PNG whose header promises `side` x `side` pixels, and whose data are far fewer."""
    whole = picture("PNG")
    header = whole[12:16] + side.to_bytes(4) * 2 + whole[24:29]
    return whole[:12] + header + zlib.crc32(header).to_bytes(4) + whole[33:]


PICTURES: dict[str, tuple[str, tuple[int, str, str]]] = {
    "a bomb": (data_uri(bomb(60_000)), BEYOND),
    "a bomb as large as a header can say": (data_uri(bomb(2**31 - 1)), BEYOND),
    "a PNG cut off": (data_uri(picture("PNG")[:200]), UNDECODABLE),
    "a JPEG cut off": (data_uri(picture("JPEG")[:400], "image/jpeg"), UNDECODABLE),
    "a WEBP cut off": (data_uri(picture("WEBP")[:40], "image/webp"), UNDECODABLE),
    "a PNG's first octets": (data_uri(picture("PNG")[:8]), UNDECODABLE),
    "no octets": (data_uri(b""), UNDECODABLE),
    "noughts": (data_uri(b"\x00" * 10_000), UNDECODABLE),
    "a GIF": (data_uri(picture("GIF"), "image/gif"), WRONG_FORMAT),
    "a GIF said to be a PNG": (data_uri(picture("GIF")), WRONG_FORMAT),
    "a TIFF": (data_uri(picture("TIFF")), WRONG_FORMAT),
    "a web page": (data_uri(b"<html><script>alert(1)</script></html>"), UNDECODABLE),
    "a drawing": (data_uri(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), UNDECODABLE),
    "PostScript": (data_uri(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"), UNDECODABLE),
    "a ZIP": (data_uri(b"PK\x03\x04" + b"\x00" * 100), UNDECODABLE),
    "no base64": ("data:image/png;base64,%%%%", UNDECODABLE),
    "base64 of a URL's alphabet": ("data:image/png;base64,iVBORw0KGgo-_w==", UNDECODABLE),
    "base64 without its padding": ("data:image/png;base64,iVBORw0KGg", UNDECODABLE),
    "base64 that is not ASCII": ("data:image/png;base64,夜", UNDECODABLE),
    "white space in base64": ("data:image/png;base64,iVBO Rw0K", UNDECODABLE),
    "a data URI that is not base64": ("data:image/png,abc", BAD_URL),
    "a data URI of no type": ("data:;base64,iVBORw0KGgo=", BAD_URL),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("model", ["happyhorse-1.1-i2v", "wan2.6-i2v"])
def test_a_hostile_picture_gives_its_row(worker: Api, gateway: Api, model: str, name: str) -> None:
    uri, row = PICTURES[name]
    request = plain_request(MODELS[model])
    if MODELS[model].media:
        request = request.put("input.media", [{"type": "first_frame", "url": uri}])
    else:
        request = request.put("input.img_url", uri)

    assert worker.fault_of(request) == row
    assert gateway.fault_of(request) == row
