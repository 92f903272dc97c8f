"""Bugs in what is sent, and in uploads: PAY, UPL."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from ..config import Config
from ..problems import ClientError
from ..reference import Reference
from .catalogue import configured, mutant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config import Ask

_SHORT = 800  # the limit of older models


class PromptChanged(Reference):
    """Sends another prompt; what it makes of it is the mutant's."""

    def body(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        given = request.get("input")
        if not isinstance(given, dict) or not isinstance(given.get("prompt"), str):
            return request
        return {**request, "input": {**given, "prompt": self.prompt(given["prompt"])}}

    def prompt(self, prompt: str) -> str:
        """Return what is sent."""
        return prompt


@mutant("PAY-01")
class AsciiPrompt(PromptChanged):
    """Leaves out what is not ASCII."""

    def prompt(self, prompt: str) -> str:
        return prompt.encode("ascii", "ignore").decode()


@mutant("PAY-01")
class StripPrompt(PromptChanged):
    """Strips the prompt."""

    def prompt(self, prompt: str) -> str:
        return prompt.strip()


@mutant("PAY-01")
class ComposedPrompt(PromptChanged):
    """Normalizes the prompt (NFC)."""

    def prompt(self, prompt: str) -> str:
        return unicodedata.normalize("NFC", prompt)


@mutant("PAY-02")
class TruncatePrompt(PromptChanged):
    """Cuts prompts at the limit of older models."""

    def prompt(self, prompt: str) -> str:
        return prompt[:_SHORT]


@mutant("PAY-03")
class SilentAboutLength(Reference):
    """Says nothing of a prompt that upstream will cut."""

    def warn(self, ask: Ask) -> None:
        """Say nothing."""


class ParametersChanged(Reference):
    """Sends other parameters."""

    def body(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        given = request.get("parameters")
        return {**request, "parameters": self.parameters(given)} if isinstance(given, dict) else request

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return what is sent."""
        return given


@mutant("PAY-04")
class DropSeed0(ParametersChanged):
    """Sends a seed only if it is true."""

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if name != "seed" or value}


@mutant("PAY-04")
class InventedSeed(ParametersChanged):
    """Sends a seed of its own where there is none."""

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"seed": 42, **given}


@mutant("PAY-05")
class DropWatermarkFalse(ParametersChanged):
    """Sends the watermark only if it is wanted."""

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if name != "watermark" or value}


@mutant("PAY-06")
class SeedString(ParametersChanged):
    """Sends numbers as text, as a form would."""

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        return {name: str(value) if type(value) is int else value for name, value in given.items()}


@mutant("PAY-06")
class DurationFloat(ParametersChanged):
    """Sends the duration as 5.0."""

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        return {name: float(value) if name == "duration" else value for name, value in given.items()}


@mutant("PAY-07")
class DropRatio(ParametersChanged):
    """Does not know the ratio."""

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if name != "ratio"}


@mutant("PAY-07")
class InventedResolution(ParametersChanged):
    """Fills in the resolution that it thinks is usual."""

    def body(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**request, "parameters": {"resolution": "720P", **(request.get("parameters") or {})}}


@mutant("PAY-08")
class MediaSorted(Reference):
    """Sorts the media."""

    def arranged(self, media: list[Any]) -> Any:
        return sorted(media, key=lambda item: str(item.get("url")))


@mutant("PAY-08")
class MediaDict(Reference):
    """Keeps one medium of each type."""

    def arranged(self, media: list[Any]) -> Any:
        return list({item.get("type"): item for item in media}.values())


@mutant("PAY-09")
class ImgUrl(Reference):
    """Uses the field of older models."""

    def body(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        given = dict(request.get("input") or {})
        media = given.pop("media", None)
        return {**request, "input": {**given, "img_url": media[0]["url"]}} if media else request


class UrlsChanged(Reference):
    """Sends other URLs of media."""

    def arranged(self, media: list[Any]) -> Any:
        return [{**item, "url": self.medium(str(item.get("url")))} for item in media]

    def medium(self, url: str) -> str:
        """Return what is sent."""
        return url


@mutant("PAY-10")
class BareBase64(UrlsChanged):
    """Sends base64 without saying that it is."""

    def medium(self, url: str) -> str:
        return url.split(";base64,", 1)[-1]


@mutant("PAY-10")
class WrongPictureType(UrlsChanged):
    """Calls every picture a JPEG."""

    def medium(self, url: str) -> str:
        return re.sub("^data:image/[a-z]+;", "data:image/jpg;", url)


@mutant("PAY-11")
class UrlEncodedAgain(UrlsChanged):
    """Decodes URLs and encodes them again."""

    def medium(self, url: str) -> str:
        return url if url.startswith("data:") else quote(unquote(url), safe=":/?&=")


@mutant("PAY-12")
class OldRatios(Reference):
    """Takes only the ratios of an older model."""

    def warn(self, ask: Ask) -> None:
        ratio = (ask.request.get("parameters") or {}).get("ratio")
        if ratio not in {None, "16:9", "9:16", "1:1"}:
            raise ClientError("validation", f"parameters.ratio: {ratio} is none of 16:9, 9:16, 1:1")
        super().warn(ask)


@mutant("PAY-13")
class GenericError(Reference):
    """Tells only that it did not work."""

    def redacted(self, ask: Ask, error: ClientError) -> ClientError:
        error = super().redacted(ask, error)
        error.args = ("the request failed",)
        error.message = error.message and "bad request"
        return error


@mutant("PAY-14")
class OnlyKnownParameters(ParametersChanged):
    """Sends only parameters that it knows."""

    def parameters(self, given: dict[str, Any]) -> dict[str, Any]:
        known = {"resolution", "ratio", "duration", "watermark", "seed", "audio_setting", "prompt_extend", "size"}
        return {name: value for name, value in given.items() if name in known}


@mutant("UPL-01")
class WrongPolicyModel(Reference):
    """Asks for the policy of another model."""

    def policy_url(self, ask: Ask) -> str:
        return super().policy_url(ask).split("&model=", 1)[0] + "&model=happyhorse-1.1-t2v"


@mutant("UPL-02")
class FileFirst(Reference):
    """Puts the file before the fields."""

    def encoded_form(self, fields: list[tuple[str, str]], name: str, data: bytes) -> bytes:
        form = super().encoded_form([], name, data)
        first, end = form.rsplit(b"\r\n--", 1)
        rest = super().encoded_form(fields, name, b"").split(b'Content-Disposition: form-data; name="file"')[0]
        return first + b"\r\n" + rest.rsplit(b"--", 1)[0] + b"--" + end


@mutant("UPL-03")
class AuthOnUpload(Reference):
    """Signs the upload with the key."""

    def form_headers(self, ask: Ask) -> dict[str, str]:
        return super().form_headers(ask) | {"Authorization": f"Bearer {ask.api_key}"}


@mutant("UPL-04")
class NoResolveHeader(Reference):
    """Does not say that a URL is an upload's."""

    def create_headers(self, ask: Ask, *, resolves: bool) -> dict[str, str]:
        return super().create_headers(ask, resolves=resolves and False)


configured("stale_upload", "UPL-05", "Uses an upload for a year.", Config(upload_hours=365 * 24.0))


@mutant("UPL-06")
class RawFileName(Reference):
    """Uploads under the file's own name."""

    def upload_key(self, folder: str, name: str, data: bytes) -> str:
        return f"{folder}/../{name}" if data else folder
