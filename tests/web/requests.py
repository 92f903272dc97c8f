"""Create requests, right ones: what a test sends, and how Hypothesis draws it. What is wrong is `defects`' business."""

from __future__ import annotations

import base64
import copy
import functools
import io
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from PIL import Image

from .models import BEIJING, HOSTS, MODELS, SERVICES
from .shapes import Flag, Form, Model, Numbers, Span, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import SearchStrategy

    from .shapes import Medium, Parameter

Json = Any
ABSENT = object()

# The ready-made test keys of one workspace, as the README names them.
WORKSPACE = "ws-facade00000000001"
KEYS = {
    region: f"sk-facade{tail:0>26}"
    for region, tail in (
        (BEIJING, "b1"),
        ("ap-southeast-1", "51"),
        ("us-east-1", "a5"),
        ("eu-central-1", "de"),
        ("ap-northeast-1", "9b"),
        ("cn-hongkong", "c4"),
    )
}
# Places that no judgement of ours fetches from.
URLS: Mapping[Medium, tuple[str, ...]] = {
    "image": (
        "https://example.com/frame.png",
        "http://example.com/a/b.jpg?size=1&name=%20",
        "https://example.com/图.webp",
    ),
    "video": ("https://example.com/clip.mp4", "HTTP://example.com:8080/clip.mov"),
    "audio": ("https://example.com/voice.mp3", "http://example.com/voice.wav#t=1"),
    "any": ("https://example.com/story.pdf", "https://example.com"),
}

# Headers that change nothing.
HARMLESS: tuple[Mapping[str, str], ...] = (
    {},
    {"content-type": "application/json; charset=utf-8"},
    {"x-dashscope-ossresourceresolve": "enable"},
)


@dataclass(frozen=True, slots=True)
class Request:
    """A create request. `where` says how it names its region; `raw` stands in for the body where that is no JSON."""

    body: Json
    service: str = SERVICES[0]
    region: str = BEIJING
    where: str = "path"
    authorization: str | None = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    escaped: bool = True
    raw: bytes | None = None

    @property
    def path(self) -> str:
        """The path, with the region in front where it names it."""
        prefix = f"/{self.region}" if self.where == "path" else ""
        return f"{prefix}/api/v1/services/aigc/{self.service}/video-synthesis"

    def lines(self) -> dict[str, str]:
        """Return the headers as sent. A header set to the empty text is left out."""
        host = {"shared host": HOSTS.get(self.region), "workspace host": f"{WORKSPACE}.{self.region}.maas.aliyuncs.com"}
        standing = {
            "host": host.get(self.where) or "127.0.0.1:8700",
            "content-type": "application/json",
            "x-dashscope-async": "enable",
        }
        if self.authorization is not None:
            standing["authorization"] = self.authorization or f"Bearer {KEYS[self.region]}"
        return {name: value for name, value in {**standing, **self.headers}.items() if value}

    def content(self) -> bytes:
        """Return the body as sent."""
        return self.raw if self.raw is not None else json.dumps(self.body, ensure_ascii=self.escaped).encode()

    def put(self, path: str, value: Json) -> Request:
        """Return the request with a value at a dotted path of its body; `ABSENT` takes it out."""
        body = copy.deepcopy(self.body)
        *above, last = path.split(".")
        inner = body
        for name in above:
            if not inner.get(name):
                inner[name] = {}
            inner = inner[name]
        inner.pop(last, None)
        if value is not ABSENT:
            inner[last] = value
        return replace(self, body=body)


def valid_request(model: Model) -> SearchStrategy[Request]:
    """Draw a request that the model takes."""
    return _requests(model.id)


@functools.cache
def _requests(model_id: str) -> SearchStrategy[Request]:
    """Build the strategy of a model, once: building costs more than drawing."""
    model = MODELS[model_id]
    bodies = st.fixed_dictionaries(
        {"model": st.just(model.id), "input": _inputs(model)},
        optional={"parameters": st.none() | _parameters(model)},
    ).map(lambda body: _shortened(model, body))
    places = st.sampled_from([(region, where) for region in model.regions for where in _ways(region)])
    return st.builds(
        lambda body, service, place, headers, escaped: Request(
            body, service, region=place[0], where=place[1], headers=headers, escaped=escaped
        ),
        bodies,
        st.sampled_from(model.services),
        places,
        st.sampled_from(HARMLESS),
        st.booleans(),
    )


def plain_request(model: Model) -> Request:
    """Return the least that the model takes."""
    inputs: dict[str, Json] = {} if model.prompt == "optional" else {"prompt": "a paper horse"}
    if model.functions:
        inputs["function"] = model.functions[0]
    inputs |= {name: URLS[medium][0] for name, (medium, required) in model.urls.items() if required}
    if model.references:
        inputs["reference_urls"] = [URLS["image"][0]]
    if model.media and model.media.required:
        inputs["media"] = plain_media(model.media)
    return Request(
        {"model": model.id, "input": inputs}, service=model.services[0], region=model.regions[0], where="path"
    )


def plain_media(form: Form) -> list[Json]:
    """Return one list of media that the form takes, not an empty one."""
    if form.sets:
        return [item(form, name) for name in form.sets[0]]
    needed = [name for name, role in form.roles.items() if role.least]
    return [item(form, name) for name in needed or [next(iter(form.roles))]]


def item(form: Form, name: str) -> dict[str, Json]:
    """Return a plain item of `input.media`."""
    return {"type": name, "url": URLS[form.roles[name].medium][0]}


@functools.cache
def picture(kind: str = "JPEG", size: tuple[int, int] = (420, 420)) -> bytes:
    """Return a picture file of a size that every model takes."""
    file = io.BytesIO()
    Image.new("RGB", size, (200, 60, 40)).save(file, kind)
    return file.getvalue()


def data_uri(data: bytes, kind: str = "image/png") -> str:
    """Return bytes as a `data:` URI."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _ways(region: str) -> tuple[str, ...]:
    """Return how a request can name a region; Beijing is also what no name means."""
    shared = ("shared host",) if region in HOSTS else ()
    return ("path", "workspace host", *shared, *(("nowhere",) if region == BEIJING else ()))


def _prompts(*, empty: bool) -> SearchStrategy[str]:
    texts = st.text(st.characters(codec="utf-8"), min_size=0 if empty else 1, max_size=40)
    # Longer than any limit: cut silently, never refused (§2.2).
    return texts | st.sampled_from(("a paper city at night", "夜晚的纸城市", "长" * 21_000))


def _url(model: Model, medium: Medium) -> SearchStrategy[str]:
    urls = st.sampled_from(URLS[medium])
    if medium != "image":
        return urls
    kinds = ("JPEG", "PNG", "WEBP", *(("BMP",) if model.takes_bmp else ()))
    pictures = st.sampled_from(kinds).map(lambda kind: data_uri(picture(kind), f"image/{kind.lower()}"))
    # Pictures are decoded, which costs a hundred times what the rest does: one in six is enough.
    return st.integers(0, 5).flatmap(lambda lot: urls if lot else pictures)


def _inputs(model: Model) -> SearchStrategy[dict[str, Json]]:
    needed: dict[str, SearchStrategy[Json]] = {}
    free: dict[str, SearchStrategy[Json]] = {name: st.none() | _prompts(empty=True) for name in model.texts}
    if model.functions:
        needed["function"] = st.sampled_from(model.functions)
    for name, (medium, required) in model.urls.items():
        urls = _url(model, medium)
        (needed if required else free)[name] = urls if required else st.none() | urls
    if model.references:
        needed["reference_urls"] = st.lists(
            _url(model, "image") | _url(model, "video"), min_size=1, max_size=model.references
        )
    if model.media and model.media.required:
        needed["media"] = _media(model, model.media)
    if model.prompt == "required":
        return st.fixed_dictionaries({"prompt": _prompts(empty=False), **needed}, optional=free)
    optional = st.none() | _prompts(empty=True)
    if model.prompt == "optional" or not model.media:
        return st.fixed_dictionaries(needed, optional={"prompt": optional, **free})
    media = _media(model, model.media)
    return st.fixed_dictionaries(
        {"prompt": _prompts(empty=False)}, optional={"media": st.none() | st.just([]) | media}
    ) | st.fixed_dictionaries({"media": media}, optional={"prompt": optional})


def _media(model: Model, form: Form) -> SearchStrategy[list[Json]]:
    """Draw media, not none, in any order."""

    def items(counts: dict[str, int]) -> SearchStrategy[list[Json]]:
        names = [name for name, count in counts.items() for _ in range(count)]
        return st.tuples(*(_item(model, form, name) for name in names)).map(list).flatmap(st.permutations)

    return _counts(form).filter(lambda counts: any(counts.values())).flatmap(items)


def _counts(form: Form) -> SearchStrategy[dict[str, int]]:
    """Draw how often each type stands there."""
    if form.sets:
        return st.sampled_from(form.sets).map(lambda names: dict.fromkeys(names, 1))

    def of(names: tuple[str, ...]) -> SearchStrategy[dict[str, int]]:
        return st.fixed_dictionaries(
            {name: st.integers(form.roles[name].least, form.roles[name].most) for name in names}
        )

    if form.together:
        names, least, most = form.together
        first, second = names
        rest = of(tuple(name for name in form.roles if name not in names))
        both = st.integers(least, most).flatmap(
            lambda total: st.integers(0, total).map(lambda part: {first: part, second: total - part})
        )
        return st.builds(lambda one, other: {**one, **other}, both, rest)
    return st.one_of([of(circle) for circle in form.circles or (tuple(form.roles),)])


def _item(model: Model, form: Form, name: str) -> SearchStrategy[dict[str, Json]]:
    voices = {"reference_voice": st.none() | _url(model, "audio")} if form.voice and name != "first_frame" else {}
    return st.fixed_dictionaries({"type": st.just(name), "url": _url(model, form.roles[name].medium)}, optional=voices)


def _parameters(model: Model) -> SearchStrategy[dict[str, Json]]:
    # A null means absent: decided once, by the emulator's own rows.
    values = {name: st.none() | _value(parameter) for name, parameter in model.parameters.items()}
    return st.fixed_dictionaries({}, optional=values)


def _value(parameter: Parameter) -> SearchStrategy[Json]:
    match parameter:
        case Words(words):
            return st.sampled_from(words)
        case Numbers(numbers):
            return st.sampled_from(numbers)
        case Span(least, most, also):
            # JSON Schema counts 5.0 as an integer, and so do we: decided once as well.
            whole = st.integers(least, most)
            return st.one_of([whole, whole.map(float), *(st.just(number) for number in also)])
        case Flag():
            return st.booleans()


def _shortened(model: Model, body: dict[str, Json]) -> dict[str, Json]:
    """Return the body with a duration that is allowed beside its video."""
    duration = model.parameters.get("duration")
    if not isinstance(duration, Span) or duration.most_with_video is None or model.media is None:
        return body
    roles = model.media.roles
    parameters = body.get("parameters") or {}
    if any(roles[each["type"]].medium == "video" for each in body["input"]["media"]) and parameters.get("duration"):
        parameters["duration"] = min(parameters["duration"], duration.most_with_video)
    return body
