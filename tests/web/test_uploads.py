"""Upload forms: any order, name, content and cut of the stream comes through; whatever else is refused and gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.records import HOUR, SUBMITTED
from web.forms import BOUNDARY, MB, MODEL, Origin, Reply, cut, form, origin, part

if TYPE_CHECKING:
    from collections.abc import Iterator

END = b"--" + BOUNDARY + b"--\r\n"
# What may stand in a name: everything but what ends a header, a quoted text or a folder.
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\/'), min_size=1, max_size=60)
PIECES = b"\r\n--" + BOUNDARY + b"--\r\n"
CONTENTS = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from([PIECES[:size] for size in range(1, len(PIECES))] + [b"-", b"\r", b"\n"])).map(b"".join),
)


@pytest.fixture(scope="module")
def results() -> Iterator[Origin]:
    with origin() as served:
        yield served


def answered(reply: Reply | None) -> Reply:
    assert reply is not None
    return reply


def refused(results: Origin, pieces: Any, **options: Any) -> str:
    """Return the code of a refusal that left nothing behind."""
    before = results.store.held, results.files
    reply = answered(results.post(pieces, **options))
    assert reply.status >= 400
    assert (results.store.held, results.files) == before
    return reply.code


def whole(content: bytes) -> bool:
    """Whether a content can stand in a form: it holds no line that begins with the boundary."""
    return b"\r\n--" + BOUNDARY not in b"\r\n" + content + b"\r\n"


@given(st.data())
def test_any_form_comes_through(results: Origin, data: st.DataObject) -> None:
    name, content = data.draw(NAMES), data.draw(CONTENTS.filter(whole))
    fields = results.fields(name)
    order = data.draw(st.permutations(list(fields)))
    body = form({field: fields[field] for field in order}, content, name)
    size = data.draw(st.integers(1, len(body)))

    reply = answered(results.post(cut(body, size)))

    assert (reply.status, reply.content) == (200, b"")
    assert results.opened(fields["key"]) == content
    assert results.opened(f"oss://{fields['key']}") == content


@pytest.mark.parametrize("size", [*range(1, 90), 1 << 30])
def test_the_stream_may_be_cut_anywhere(results: Origin, size: int) -> None:
    content = b"\r\n--" + BOUNDARY[:-1] + b"\r\n-" + PIECES[:-3][:5] + bytes(range(256))
    fields = results.fields("纸马 1.png")

    reply = answered(results.post(cut(form(fields, content, "纸马 1.png"), size)))

    assert reply.status == 200
    assert results.opened(fields["key"]) == content


def test_a_large_file_is_spilled_and_comes_back(results: Origin) -> None:
    content = bytes(range(256)) * (MB // 256)
    fields = results.fields()

    reply = answered(results.post(cut(form(fields, content), 64 * 1024)))

    assert reply.status == 200
    assert results.files[-1] == MB
    assert results.opened(fields["key"]) == content


@given(NAMES)
def test_the_file_name_is_filled_in(results: Origin, name: str) -> None:
    fields = results.fields("${filename}")
    reply = answered(results.post([form(fields, b"x", f"C:/pictures/{name}")]))
    assert reply.status == 200
    assert results.opened(fields["key"].replace("${filename}", name)) == b"x"


@pytest.mark.parametrize(
    ("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("", 204), ("500", 204), ("teapot", 204)]
)
def test_the_status_is_the_one_asked_for(results: Origin, asked: str, status: int) -> None:
    fields = results.fields("纸 马.png", success_action_status=asked)
    reply = answered(results.post([form(fields)]))
    assert reply.status == status
    assert reply.headers["etag"] == '"9DD4E461268C8034F5C8564E155C67A6"'
    assert reply.headers["x-oss-hash-crc64ecma"] == "727031140999736901"
    assert bool(reply.content) == (status == 201)
    if status == 201:
        assert f"<Key>{fields['key']}</Key>" in reply.content.decode()


@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
def test_field_names_have_no_case(results: Origin, spelled: Any) -> None:
    fields = {spelled(name): text for name, text in results.fields().items()}
    assert answered(results.post([form(fields)])).status == 200


def test_what_follows_the_file_is_ignored(results: Origin) -> None:
    fields = results.fields()
    after = part("key", b"elsewhere") + part("submit", b"Upload")
    assert answered(results.post([form(fields, b"x", after=after) + b"epilogue"])).status == 200
    assert results.opened(fields["key"]) == b"x"


def test_nothing_but_the_limit_decides_about_the_size(results: Origin) -> None:
    fields = results.fields()
    assert answered(results.post(cut(form(fields, bytes(MB)), 65536))).status == 200
    body = form(results.fields(), bytes(MB + 1))
    assert refused(results, cut(body, 65536)) == "EntityTooLarge"
    assert refused(results, cut(body, 65536), length=len(body)) == "EntityTooLarge"


def test_a_length_over_the_limit_is_enough(results: Origin) -> None:
    body = form(results.fields(), bytes(100))
    waiting = iter([body, *[b"a" * MB] * 20])
    assert refused(results, waiting, length=1 << 40) == "EntityTooLarge"
    assert len(list(waiting)) == 19, "the rest was waited for"


@pytest.mark.parametrize("content", [b"12345", b"1234567"])
def test_a_policy_may_ask_for_a_size(results: Origin, content: bytes) -> None:
    conditions = [["content-length-range", 6, 6]]
    policy = json.dumps({"expiration": "2100-01-01T00:00:00Z", "conditions": conditions}).encode()
    wanted = "EntityTooSmall" if len(content) < 6 else "EntityTooLarge"
    assert refused(results, [form(results.signed(policy), content)]) == wanted


def test_a_signed_policy_that_makes_no_sense_is_refused(results: Origin) -> None:
    reply = answered(results.post([form(results.signed(b'{"conditions": []}'))]))
    assert reply.fault[:2] == (400, "InvalidPolicyDocument")
    reply = answered(results.post([form(results.signed(b'{"expiration": "2100-01-01", "conditions": [{}]}'))]))
    assert reply.fault == (
        400,
        "InvalidPolicyDocument",
        "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
    )


BROKEN = {
    "no part": END,
    "nothing": b"",
    "no headers": b"--" + BOUNDARY + b"\r\n\r\nx\r\n" + END,
    "another header": b"--" + BOUNDARY + b'\r\nContent: form-data; name="key"\r\n\r\nx\r\n' + END,
    "no name": b"--" + BOUNDARY + b"\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END,
    "an attachment": b"--" + BOUNDARY + b'\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n' + END,
    "a huge header": b"--" + BOUNDARY + b"\r\nX: " + b"a" * 100_000,
    "a huge header name": b"--" + BOUNDARY + b"\r\n" + b"a" * 100_000,
    "many headers": b"--" + BOUNDARY + b"\r\n" + b"a: b\r\n" * 10_000,
    "no boundary": b"hello",
    "a boundary too long": b"--" + BOUNDARY + b"!\r\n",
    "a boundary cut": b"--" + BOUNDARY[:4],
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("size", [1, 7, 65536])
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_form_is_refused(results: Origin, body: bytes, size: int) -> None:
    assert refused(results, cut(body, size)) == "MalformedPOSTRequest"


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_octets_are_refused(results: Origin, octets: bytes, size: int) -> None:
    assert refused(results, cut(b"--" + BOUNDARY + octets, size)) in {"MalformedPOSTRequest", "InvalidArgument"}


@pytest.mark.parametrize("where", ["in the fields", "in the file", "before the last boundary"])
def test_a_form_that_ends_early_is_refused(results: Origin, where: str) -> None:
    body = form(results.fields(), bytes(600_000))
    stop = {"in the fields": 300, "in the file": 500_000, "before the last boundary": len(body) - len(END)}[where]
    assert refused(results, cut(body[:stop], 65536)) == "MalformedPOSTRequest"


@pytest.mark.parametrize("stop", [0, 10, 300, 5000, 300_000, -1])
def test_a_client_that_goes_away_leaves_nothing(results: Origin, stop: int) -> None:
    before = results.store.held, results.files
    body = form(results.fields(), bytes(900_000))
    assert results.post([*cut(body[:stop], 65536), None]) is None
    assert (results.store.held, results.files) == before


def test_a_client_that_goes_away_while_it_is_refused_is_no_trouble(results: Origin) -> None:
    body = form(results.fields(policy="x"), bytes(900_000))
    assert results.post([*cut(body[:500_000], 65536), None]) is None


ENDLESS = {
    "a preamble": b"\r\n" * 32_768,
    "a preamble of text": b"\r\n" + b"x" * 65_534,
    "fields": part("x-oss-meta-a", b"a") * 900,
}


@pytest.mark.parametrize("piece", ENDLESS.values(), ids=ENDLESS.keys())
def test_what_never_comes_to_its_file_is_cut_off(results: Origin, piece: bytes) -> None:
    pulled = 0

    def pieces() -> Iterator[bytes]:
        nonlocal pulled
        while True:
            pulled += len(piece)
            yield piece

    assert refused(results, pieces()) in {"MaxPOSTPreDataLengthExceededError", "MalformedPOSTRequest"}
    assert pulled < 300 * MB


def test_a_field_that_never_ends_is_cut_off(results: Origin) -> None:
    head = part("x-oss-meta-a", b"")[:-2]
    assert refused(results, [head, *[b"a" * MB] * 9]) == "MaxPOSTPreDataLengthExceededError"


def test_an_epilogue_that_never_ends_is_cut_off(results: Origin) -> None:
    body = form(results.fields(), b"x")
    assert refused(results, [body, *[b"a" * MB] * 9]) == "MaxPOSTPreDataLengthExceededError"


def test_a_hundred_thousand_fields_are_read(results: Origin) -> None:
    many = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="%d"\r\n\r\n\r\n' % (BOUNDARY, n) for n in range(10**5)
    )
    fields = results.fields()
    assert answered(results.post(cut(many + form(fields), 65536))).status == 200


def test_the_file_before_its_fields_proves_nothing(results: Origin) -> None:
    fields = results.fields()
    body = part("file", b"x", "a.png") + b"".join(part(name, text.encode()) for name, text in fields.items()) + END
    assert refused(results, [body]) == "InvalidArgument"
    late = {name: fields.pop(name) for name in ("OSSAccessKeyId", "policy", "Signature")}
    body = form(fields, after=b"".join(part(name, text.encode()) for name, text in late.items()))
    assert refused(results, [body]) == "AccessDenied"


def test_two_files_are_one_too_many(results: Origin) -> None:
    body = form(results.fields(), b"x", after=part("file", b"y", "b.png"))
    assert refused(results, [body]) == "IncorrectNumberOfFilesInPOSTRequest"
    assert refused(results, cut(body, 100)) == "IncorrectNumberOfFilesInPOSTRequest"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "a" * 300,
        "multipart/mixed; boundary=a",
        "application/x-www-form-urlencoded",
        "application/json",
    ],
)
def test_what_is_no_form_is_refused(results: Origin, content_type: str) -> None:
    assert refused(results, [b"x"], content_type=content_type) == "RequestIsNotMultiPartContent"


@pytest.mark.parametrize("field", ["key", "Signature", "policy", "OSSAccessKeyId", "x-oss-object-acl"])
def test_a_field_that_is_no_utf_8_is_refused_in_readable_xml(results: Origin, field: str) -> None:
    fields = results.fields()
    fields[field] = ""
    body = form(fields).replace(part(field, b""), part(field, b"\xff\xfe<&>\x00\x1b" + b"\xed\xa0\x80"))
    assert refused(results, [body]) != ""


def test_one_name_is_taken_once(results: Origin) -> None:
    fields = results.fields()
    body = form(fields, b"first")
    assert answered(results.post([body])).status == 200
    assert refused(results, [form(fields, b"second")]) == "FileAlreadyExists"
    assert results.opened(fields["key"]) == b"first"


def test_a_store_without_room_says_so_and_goes_on() -> None:
    with origin(room=1) as results:
        for _ in range(3):  # each drops the one before
            assert answered(results.post(cut(form(results.fields(), bytes(700_000)), 65536))).status == 200
        assert results.store.held == 700_000


def test_an_upload_is_its_accounts_and_its_models_for_48_hours(results: Origin) -> None:
    fields = results.fields("纸 马.png")
    assert answered(results.post([form(fields, b"x")])).status == 200

    def opened(world: str = "default", model: str = MODEL, after: int = 0, key: str = fields["key"]) -> Any:
        return results.run(results.service.open(world, key, model, SUBMITTED + after))

    assert opened() == b"x"
    assert opened(key=f"oss://{fields['key']}") == b"x"
    assert opened(after=48 * HOUR - 1) == b"x"
    assert opened(after=48 * HOUR) is None
    assert opened(model="happyhorse-1.0-i2v") is None
    assert opened(world="another") is None
    assert opened(key=f"{fields['key']}x") is None


def test_a_folder_is_no_model_s_but_the_one_it_was_granted_for(results: Origin) -> None:
    """The prefix that the policy asks for holds, but the folder is another."""
    fields = results.fields()
    fields["key"] = fields["key"].replace("/a.png", "0/a.png")
    assert answered(results.post([form(fields)])).status == 200
    assert results.opened(fields["key"]) is None
