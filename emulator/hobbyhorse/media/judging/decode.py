"""Reads a caller's picture. The bytes are hostile: nothing is decoded before its header was judged.

Order of the judgement: file size, format, pixel count, sides, then the pixels themselves, and last the aspect, for
which the picture must stand upright. All of it is the worker stage of the upstream, so what is refused here is a
FAILED task and never a refused create.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from ...core.faults import Fault

if TYPE_CHECKING:
    from ...core.catalogue import MediaLimits

# What the upstream names as picture formats; Pillow is never asked to try another decoder. An MPO is the JPEG of a
# telephone with a second picture behind the first.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
SAME_FORMAT = {"JPG": "JPEG", "MPO": "JPEG", "DIB": "BMP"}
# Beginnings of files that are pictures, only not ones that the upstream takes: worth an error of their own.
OTHER_FORMATS = (
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypheic", "HEIC"),
    (4, b"ftypheix", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"8BPS", "PSD"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
)
LARGEST_SIDE = 8000  # that the upstream documents for any picture; named where a row has no bound of its own
MOST_PIXELS = LARGEST_SIDE**2
LONGEST_SIDE = 2192  # of any clip (2192 x 944)
BOUND = (LONGEST_SIDE, LONGEST_SIDE)
ORIENTATION = 0x0112
# EXIF 2.3, tag 274: what undoes each orientation.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = {UPRIGHT[5], UPRIGHT[6], UPRIGHT[7], UPRIGHT[8]}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as it will be shown: normalised bytes (JPEG, RGB), and the upright size that the caller's had."""

    data: bytes
    width: int
    height: int


SEE_THROUGH = frozenset({"LA", "PA", "RGBA", "La", "RGBa"})


def decode(data: bytes, limits: MediaLimits) -> Decoded:
    """Judge and normalise a picture. Raises Fault for all that the upstream refuses, and nothing else."""
    if limits.max_mb is not None and len(data) > limits.max_mb * 2**20:
        raise Fault(
            "file-size",
            limit=int(limits.max_mb),
            detail=f"the picture has {len(data)} bytes, allowed are {limits.max_mb:g} MB ({limits.max_mb * 2**20:.0f})",
        )
    try:
        with _opened(data) as image:
            _judge_format(image.format or "", limits)
            _judge_alpha(image, limits)
            width, height = image.size
            _judge_sides(width, height, limits)
            image.draft("RGB", BOUND)  # a large JPEG is decoded at a half, a quarter or an eighth
            image.load()  # an animation's first picture
            turn = _orientation(image)
            if turn in SIDEWAYS:
                width, height = height, width
            _judge_aspect(width, height, limits)
            return Decoded(_normalised(image, turn), width, height)
    except Fault:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Fault("image-size-beyond-limit", detail=f"{error}; allowed are {MOST_PIXELS} pixels") from None
    except Exception as error:  # noqa: BLE001 - Pillow raises many kinds for broken files: OSError, SyntaxError, …
        raise Fault("image-undecodable", detail=f"not a whole picture: {type(error).__name__}: {error}") from None


def _opened(data: bytes) -> Image.Image:
    for offset, magic, name in OTHER_FORMATS:
        if data[offset : offset + len(magic)] == magic:
            raise Fault("media-format-unsupported", detail=f"the picture is {name}, allowed are {', '.join(FORMATS)}")
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise Fault(
            "image-size-beyond-limit",
            detail=f"the picture says it has {image.width} x {image.height} pixels, allowed are {MOST_PIXELS} in all",
        )
    return image


def _judge_format(found: str, limits: MediaLimits) -> None:
    allowed = {SAME_FORMAT.get(name, name) for name in map(str.upper, limits.formats)}
    if allowed and SAME_FORMAT.get(found, found) not in allowed:
        raise Fault(
            "media-format-unsupported", detail=f"the picture is {found}, allowed are {', '.join(limits.formats)}"
        )


def _judge_alpha(image: Image.Image, limits: MediaLimits) -> None:
    if not limits.alpha and (image.mode in SEE_THROUGH or "transparency" in image.info):
        raise Fault("media-format-unsupported", detail="the picture has an alpha channel, which is not allowed here")


def _judge_sides(width: int, height: int, limits: MediaLimits) -> None:
    """Judge the sides by what the row allows; bounds that the row does not have do not exist."""
    shortest, longest = min(width, height), max(width, height)
    smallest = max(limits.min_side or 0, limits.min_short_side or 0)
    if shortest < smallest or (limits.max_side is not None and longest > limits.max_side):
        raise Fault(
            "image-resolution",
            largest=limits.max_side or LARGEST_SIDE,
            smallest=smallest,
            detail=f"the picture has {width} x {height} pixels, allowed are sides from {smallest} to "
            f"{limits.max_side or 'any'}",
        )


def _judge_aspect(width: int, height: int, limits: MediaLimits) -> None:
    """Judge the shape of the upright picture."""
    if limits.aspect is not None and not limits.aspect[0] <= width / height <= limits.aspect[1]:
        raise Fault(
            "image-aspect",
            high=f"{1 / limits.aspect[0]:.4g}",  # the message counts height / width
            low=f"{1 / limits.aspect[1]:.4g}",
            detail=f"the picture's width / height is {width / height:.4g} ({width} x {height}), allowed are "
            f"{limits.aspect[0]:.4g} to {limits.aspect[1]:.4g}",
        )


def _orientation(image: Image.Image) -> Image.Transpose | None:
    """Return how to turn a loaded picture upright; broken EXIF data turn nothing.

    Asking before the picture is loaded would load it (a PNG may have its EXIF block last) and hide what is broken.
    """
    try:
        return UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - the EXIF block is as hostile as the rest, and the picture does not need it
        return None


def _normalised(image: Image.Image, turn: Image.Transpose | None) -> bytes:
    """Return a loaded picture upright, in 8 bit RGB, no larger than a clip can need, as a JPEG.

    A JPEG of quality 95 without chroma subsampling is within two levels of the original, a tenth of its PNG, and the
    same for the same input.
    """
    picture = _eight_bit(image)
    picture.thumbnail(BOUND, Image.Resampling.BICUBIC, reducing_gap=2.0)
    picture = _flat(picture)
    if turn is not None:
        picture = picture.transpose(turn)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95, subsampling=0, exif=b"", icc_profile=None)
    return file.getvalue()


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return sixteen bit grey as eight bit, which Pillow's own conversion would clip; others as they are."""
    if not image.mode.startswith(("I", "F")):
        return image
    # Made smaller first, as the steps between take four bytes a pixel. Pillow cannot blend pixels of sixteen bits.
    image.thumbnail(BOUND, Image.Resampling.NEAREST)
    grey = image.convert("F").point(lambda value: value / 257).convert("L")
    grey.info.pop("transparency", None)  # a level of sixteen bits
    return grey


def _flat(image: Image.Image) -> Image.Image:
    """Return RGB, with white behind what is transparent."""
    if image.mode in SEE_THROUGH or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = Image.new("RGBA", clear.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, clear).convert("RGB")
    return image.convert("RGB")
