"""Bodies that no well-meaning client sends: each has its answer, none costs minutes, none brings a traceback."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.api import CALLER, Api
from web.defects import late
from web.models import MODELS
from web.refusals import BAD_BODY, ODD_MODEL, UNKNOWN_MODEL
from web.requests import plain_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from web.api import Answer

MODEL = "happyhorse-1.1-t2v"
PLAIN = plain_request(MODELS[MODEL])
FINE = None
MB = 1 << 20
TOO_LARGE = (400, "BadRequest.TooLarge", "Payload Too Large.")
DEEP = b"[" * 1000 + b"]" * 1000
DEEPER = b"[" * 100_000 + b"]" * 100_000


def body(extra: bytes = b"", prompt: bytes = b'"a"') -> bytes:
    return b'{"model":"%s","input":{"prompt":%s}%s}' % (MODEL.encode(), prompt, extra)


def seed(number: bytes) -> bytes:
    return body(b',"parameters":{"seed":%s}' % number)


NOT_WHOLE = late("Input should be a valid integer: parameters.seed")
TOO_MUCH = late("Input should be less than or equal to 2147483647: parameters.seed")
NO_TEXT = late("Input should be a valid string: input.prompt")

# Name of a case, its body, and the row that it gives.
BODIES: dict[str, tuple[bytes, tuple[int, str, str] | None]] = {
    "lists as deep as allowed, unknown": (body(b',"x":' + DEEP), FINE),
    "lists as deep as allowed, in input": (body(prompt=b'"a","x":' + DEEP), FINE),
    "lists as deep as allowed, as prompt": (body(prompt=DEEP), NO_TEXT),
    "objects as deep as allowed, as prompt": (body(prompt=b'{"a":' * 1000 + b"1" + b"}" * 1000), NO_TEXT),
    "lists as deep as allowed, as seed": (seed(DEEP), NOT_WHOLE),
    "lists as deep as allowed, as model": (b'{"model":%s}' % DEEP, ODD_MODEL),
    "lists too deep": (body(b',"x":' + DEEPER), BAD_BODY),
    "objects too deep": (b'{"a":' * 100_000, BAD_BODY),
    "a list that never ends": (b"[" * MB, BAD_BODY),
    "a number of 300 digits": (seed(b"9" * 300), TOO_MUCH),
    "a number of 30000 digits": (seed(b"9" * 30_000), BAD_BODY),
    "a number beyond floats": (seed(b"1e999"), BAD_BODY),
    "a large float": (seed(b"1e300"), TOO_MUCH),
    "a number half over": (seed(b"2147483647.5"), NOT_WHOLE),
    "a small float": (seed(b"5e-324"), NOT_WHOLE),
    "minus nothing": (seed(b"-0"), FINE),
    "minus nothing, as float": (seed(b"-0.0"), FINE),
    "a float that is whole": (seed(b"5.0"), FINE),
    "a whole float with an exponent": (seed(b"5e0"), FINE),
    "a leading nought": (seed(b"05"), BAD_BODY),
    "hexadecimal": (seed(b"0x5"), BAD_BODY),
    "NaN": (seed(b"NaN"), BAD_BODY),
    "Infinity": (seed(b"Infinity"), BAD_BODY),
    "minus Infinity": (seed(b"-Infinity"), BAD_BODY),
    "a model twice, the last counts": (b'{"model":"none",' + body()[1:], FINE),
    "a seed twice, the last counts": (seed(b'5,"seed":"x"'), NOT_WHOLE),
    "half a surrogate": (body(prompt=rb'"\ud800"'), BAD_BODY),
    "surrogates the wrong way round": (body(prompt=rb'"\udc00\ud800"'), BAD_BODY),
    "half a surrogate as a name": (body(rb',"\udfff":1'), BAD_BODY),
    "a pair of surrogates": (body(prompt=rb'"\ud83d\udc0e"'), FINE),
    "a surrogate as octets": (body(prompt=b'"\xed\xa0\x80"'), BAD_BODY),
    "no UTF-8": (body(prompt=b'"\xff\xfe"'), BAD_BODY),
    "an overlong form": (body(prompt=b'"\xc0\xaf"'), BAD_BODY),
    "GBK": (body(prompt='"夜晚"'.encode("gbk")), BAD_BODY),
    "UTF-16": (body().decode().encode("utf-16"), BAD_BODY),
    "a byte order mark": (b"\xef\xbb\xbf" + body(), BAD_BODY),
    "a raw newline in a text": (body(prompt=b'"a\nb"'), BAD_BODY),
    "a nought octet in a text": (body(prompt=b'"a\x00b"'), BAD_BODY),
    "an escaped nought in a text": (body(prompt=rb'"a\u0000b"'), FINE),
    "a forged log line": (body(b',"parameters":{"\\n12:00:00 ERROR forged\\u2028":1}'), FINE),
    "a forged log line as model": (b'{"model":"a\\r\\n12:00:00 ERROR forged\\u0085","input":{}}', UNKNOWN_MODEL),
    "white space around": (b" \t\r\n" + body() + b"\n", FINE),
    "a form feed before": (b"\x0c" + body(), BAD_BODY),
    "nothing but noughts": (b"\x00" * 100, BAD_BODY),
    "something behind": (body() + b"{}", BAD_BODY),
    "a comment": (body() + b"// a", BAD_BODY),
    "a hundred thousand members": (
        b"{%s,%s" % (b",".join(b'"x%d":1' % number for number in range(100_000)), body()[1:]),
        FINE,
    ),
    "a name of a megabyte": (body(b',"parameters":{"%s":1}' % (b"x" * MB)), FINE),
    "a model's name of a megabyte": (b'{"model":"%s"}' % (b"happyhorse" * (MB // 10)), UNKNOWN_MODEL),
    "a prompt of eight megabytes": (body(prompt=b'"%s"' % ("夜".encode() * (8 * MB // 3))), FINE),
}


def outcome(api: Api, content: bytes) -> tuple[int, str, str] | None:
    return api.fault_of(replace(PLAIN, raw=content))


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_gives_its_row(worker: Api, gateway: Api, name: str) -> None:
    content, row = BODIES[name]

    assert outcome(worker, content) == row
    assert outcome(gateway, content) == row


def floods() -> Iterator[tuple[str, bytes, tuple[int, str, str] | None]]:
    """Yield name, body and row of what is cheap to send and was, or would be, dear to judge."""
    media = b'{"model":"happyhorse-1.1-r2v","input":{"prompt":"a","media":[%s]}}'
    urls = b'{"model":"wan2.6-r2v","input":{"prompt":"a","reference_urls":[%s]}}'
    image = b'{"model":"happyhorse-1.1-i2v","input":{"media":[{"type":"first_frame","url":"%s"}]}}'
    numbers = b",".join([b"1"] * 4 * MB)
    nothings = b",".join([b"{}"] * 2 * MB)
    items = b",".join([b'{"type":"reference_image","url":"https://a.b"}'] * 150_000)
    strange = b",".join(b'"seed%d":1' % number for number in range(600_000))
    no_object = late("Input should be a valid dictionary: input.media.0")
    too_many = "List should have at most {} items after validation, not {}: input.{}"
    yield "numbers for media", media % numbers, no_object
    yield "empty media", media % nothings, late("Field required: input.media.0.type")
    yield "media", media % items, late(too_many.format(9, 150_000, "media"))
    yield "numbers for URLs", urls % numbers, late(too_many.format(5, 4 * MB, "reference_urls"))
    yield "unknown parameters", body(b',"parameters":{%s}' % strange), FINE
    yield "a URL of eight megabytes", image % (b"https://example.com/" + b"a" * 8 * MB), FINE


@pytest.mark.timeout(30)
def test_a_flood_is_judged_in_seconds(worker: Api) -> None:
    """Some took minutes and gigabytes, when every broken item and every unknown name was told."""
    for name, content, row in floods():
        assert outcome(worker, content) == row, name


def test_no_beginning_of_a_body_is_a_body(worker: Api) -> None:
    content = body(rb',"parameters":{"seed":5,"watermark":true,"x":["\u591c",null,-1.5e3]}')

    assert outcome(worker, content) is FINE
    for length in range(len(content)):
        assert worker.create(replace(PLAIN, raw=content[:length])).fault == BAD_BODY


@given(content=st.binary(max_size=64))
def test_octets_are_no_body(worker: Api, content: bytes) -> None:
    answer = worker.create(replace(PLAIN, raw=content))

    assert answer.status == 400
    assert set(answer.json) == {"code", "message", "request_id"}


NAMES = st.sampled_from(["model", "input", "parameters", "prompt", "media", "type", "url", "seed", "img_url"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["model", "input", "parameters", "prompt", "media", "type", "url", "seed", "img_url"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    model=st.sampled_from(sorted(MODELS)),
    inputs=JSON,
    parameters=JSON,
    validation=st.sampled_from(["worker", "gateway"]),
)
def test_any_json_has_an_answer(
    model: str, inputs: Any, parameters: Any, validation: str, worker: Api, gateway: Api
) -> None:
    """Which one the other tests say; `Api` holds each against the document."""
    api = worker if validation == "worker" else gateway
    request = replace(plain_request(MODELS[model]), body={"model": model, "input": inputs, "parameters": parameters})
    answer = api.create(request)
    if answer.status == 200:
        assert api.poll(answer.json["output"]["task_id"]).json["output"]["task_status"] in {"PENDING", "FAILED"}


@pytest.fixture(scope="module")
def small() -> Iterator[Api]:
    """A server that takes bodies of a megabyte."""
    with Api(max_body_mb=1) as api:
        yield api


def in_pieces(api: Api, content: bytes, size: int) -> Answer:
    lines = [(name.encode(), value.encode()) for name, value in PLAIN.lines().items()]
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    return api.exchange("POST", PLAIN.path, lines, pieces)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_a_body_may_come_in_pieces(worker: Api, size: int) -> None:
    assert in_pieces(worker, body(), size).status == 200


@pytest.mark.parametrize("size", [65_536, 2 * MB])
def test_a_body_over_the_bound_is_refused(small: Api, size: int) -> None:
    fitting = body(prompt=b'"%s"' % (b"a" * (MB - len(body(prompt=b'""')))))

    assert len(fitting) == MB
    assert in_pieces(small, fitting, size).status == 200
    assert in_pieces(small, fitting + b" ", size).fault == TOO_LARGE
    assert in_pieces(small, b"x" * 50 * MB, size).fault == TOO_LARGE
    assert in_pieces(small, fitting, size).status == 200


def test_only_a_create_reads_its_body(small: Api) -> None:
    task_id = small.create(PLAIN).json["output"]["task_id"]
    lines = [(b"authorization", CALLER["authorization"].encode())]

    assert small.exchange("GET", f"/api/v1/tasks/{task_id}", lines, [b"x" * 2 * MB]).status == 200
    assert small.exchange("POST", f"/api/v1/tasks/{task_id}/cancel", lines, [b"\xff" * 2 * MB]).status == 200
